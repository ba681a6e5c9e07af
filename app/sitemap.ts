import type { MetadataRoute } from 'next'
import { connection } from 'next/server'
import { getPosts } from './utils/cached-posts'
import { siteUrl } from './utils/site-url'

/** Posts that are listed. */
const NEWEST = 100

/** The newest posts and who made them: older ones are reached from there, page by page. */
export default async function sitemap(): Promise<MetadataRoute.Sitemap> {
  await connection()
  const posts = await getPosts(null, NEWEST)
  const profiles = [...new Set(posts.map(post => post.author.username))]
  const address = (path: string) => new URL(path, siteUrl()).href
  return [
    { url: address('/') },
    { url: address('/rank') },
    { url: address('/people') },
    { url: address('/demo') },
    ...profiles.map(username => ({ url: address(`/profile/${username}`) })),
    ...posts.map(post => ({ url: address(`/post/${post.id}`), lastModified: new Date(post.createdAt) })),
  ]
}
