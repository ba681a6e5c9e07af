import { describe, expect, it } from 'vitest'
import { siteUrl } from './site-url'

describe('the address of the site', () => {
  it('is SITE_URL, else the production address on Vercel, else this machine', () => {
    const vercel = { VERCEL_PROJECT_PRODUCTION_URL: 'huella.vercel.app' }
    expect(siteUrl({ SITE_URL: 'https://huella.example', ...vercel }).href).toBe('https://huella.example/')
    expect(siteUrl(vercel).href).toBe('https://huella.vercel.app/')
    expect(siteUrl({ PORT: '4000' }).href).toBe('http://localhost:4000/')
  })

  it.each(['huella.example', 'javascript:alert(1)', 'https://'])('is not %s', address => {
    expect(() => siteUrl({ SITE_URL: address })).toThrow(/SITE_URL/)
  })
})
