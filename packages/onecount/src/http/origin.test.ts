import { describe, expect, it } from 'vitest'
import { isCrossSite, isSecure } from './origin'

const put = (headers: Record<string, string>, url = 'http://site.example/api/likes/x') =>
  new Request(url, { method: 'PUT', headers: { host: new URL(url).host, ...headers } })

describe('a request', () => {
  it.each<[string, Record<string, string>]>([
    ['of the same origin', { origin: 'http://site.example' }],
    ['of the same origin behind a proxy that ends TLS', { origin: 'https://site.example' }],
    [
      'whose Host header names the port that the origin leaves out',
      { host: 'site.example:80', origin: 'http://site.example' },
    ],
    [
      'behind a proxy that changes Host',
      { host: 'app:3000', origin: 'https://site.example', 'x-forwarded-host': 'site.example' },
    ],
    [
      'that the browser says is of this site',
      { origin: 'http://other.example', 'sec-fetch-site': 'same-origin' },
    ],
    ['that a person typed', { 'sec-fetch-site': 'none' }],
    ['of no browser', {}],
  ])('%s is not foreign', (_, headers) => {
    expect(isCrossSite(put(headers))).toBe(false)
  })

  it.each<[string, Record<string, string>]>([
    ['of another site', { origin: 'http://evil.example' }],
    ['of another port', { origin: 'http://site.example:8080' }],
    ['of a name that only begins the same', { origin: 'http://site.example.evil.example' }],
    ['of a sandboxed frame', { origin: 'null' }],
    ['of no origin at all', { origin: '' }],
    ['that the browser calls cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['of a sibling subdomain', { origin: 'http://site.example', 'sec-fetch-site': 'same-site' }],
    ['from HTTP to HTTPS', { origin: 'http://site.example', 'x-forwarded-proto': 'https' }],
  ])('%s is foreign', (_, headers) => {
    expect(isCrossSite(put(headers))).toBe(true)
  })

  it('of a trusted origin is not foreign, wherever the browser says it comes from', () => {
    const headers = { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' }
    expect(isCrossSite(put(headers), ['https://app.example'])).toBe(false)
    expect(isCrossSite(put(headers), ['https://other.example'])).toBe(true)
  })
})

describe('a connection', () => {
  it('is secure when the browser spoke HTTPS, be it with a proxy', () => {
    expect(isSecure(put({}))).toBe(false)
    expect(isSecure(put({}, 'https://site.example/'))).toBe(true)
    expect(isSecure(put({ 'x-forwarded-proto': 'https, http' }))).toBe(true)
    expect(isSecure(put({ 'x-forwarded-proto': 'http' }, 'https://site.example/'))).toBe(false)
  })
})
