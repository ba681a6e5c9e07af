import type { MetadataRoute } from 'next'
import { connection } from 'next/server'
import { siteUrl } from './utils/site-url'

export default async function robots(): Promise<MetadataRoute.Robots> {
  await connection()
  return {
    rules: { userAgent: '*', allow: '/', disallow: '/api/' },
    sitemap: new URL('/sitemap.xml', siteUrl()).href,
  }
}
