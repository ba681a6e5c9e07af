import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OTHER, POST, startCli } from './support/cli'
import { forAllTests } from './support/for-all-tests'
import { endAll, type Serving, startServe } from './support/serve'
import { startStores } from './support/stores'

const APP = 'https://app.example.com'
const AUDIENCE = 'authenticated'
const NOW = Math.floor(Date.now() / 1000)

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))
let keys: Server
let keysMode: 'well' | 'hangs' = 'well'
let issuer: string
let pair: CryptoKeyPair
let servers: Serving[] = []
/** Beside anonymous sessions; and where only people like. */
let open: Serving
let closed: Serving

beforeAll(async () => {
  await cli.begin()
  pair = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }
  keys = createServer((_, response) => {
    if (keysMode === 'well') response.end(JSON.stringify({ keys: [jwk] }))
  }).listen(0, '127.0.0.1')
  await once(keys, 'listening')
  issuer = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/auth/v1`
  const args = ['--jwks', `${issuer}/.well-known/jwks.json`, '--audience', AUDIENCE, '--origin', APP]
  ;[open, closed] = await Promise.all([
    startServe(cli, args),
    startServe(cli, [...args, '--no-anonymous'], { ONECOUNT_SECRET: '' }),
  ])
  servers = [open, closed]
})
afterAll(async () => {
  await endAll(servers)
  keys.closeAllConnections()
  keys.close()
})

const token = (sub: string, claims: object = {}) =>
  new SignJWT({ sub, iss: issuer, aud: AUDIENCE, exp: NOW + 600, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .sign(pair.privateKey)
const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

const put = (url: string, headers: Record<string, string> = {}, id = POST.id) =>
  fetch(`${url}/likes/${id}`, { method: 'PUT', headers })
const rowsOf = async (session: string) =>
  (await stores.sql`select count(*)::integer as n from post_ratings where session_id = ${session}`)[0]!.n

describe('people who are signed in', () => {
  it('like by the id of their token, without a cookie, and the like is theirs in Postgres', async () => {
    for (const { url } of [open, closed]) {
      const response = await put(url, bearer(await token('cleo')))
      expect(await response.json()).toMatchObject({ liked: true, count: POST.base + 3 })
      expect(response.headers.getSetCookie()).toEqual([])
    }
    await expect.poll(() => rowsOf('cleo')).toBe(1)
  })

  it('see their own hearts alone', async () => {
    await put(open.url, bearer(await token('dora')), OTHER.id)
    const heartOf = async (headers: Record<string, string>) => {
      const answer = await fetch(`${open.url}/likes?ids=${OTHER.id}`, { headers })
      return (await answer.json()).likes[OTHER.id].liked
    }
    expect(await heartOf(bearer(await token('dora')))).toBe(true)
    expect(await heartOf(bearer(await token('emil')))).toBe(false)
    expect(await heartOf({})).toBe(false)
  })
})

describe('a token whose claim is no id', () => {
  it('is answered with 500, and the log names --claim, not the id', async () => {
    const response = await put(open.url, bearer(await token('auth0|abc')))
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 500,
      body: { error: { code: 'misconfigured' } },
    })
    expect(response.headers.getSetCookie()).toEqual([])
    await expect
      .poll(() => open.output.err)
      .toMatch(
        /the claim sub of a token is no id: name another one with --claim, .*letters, digits, _ - \. :/,
      )
    expect(open.output.err).not.toMatch(/auth0|session\(\)/)
  })
})

describe('a visitor who is not signed in', () => {
  it('likes as an anonymous session, or is refused where the server is started so', async () => {
    expect((await put(open.url)).status).toBe(200)
    const refused = await put(closed.url)
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 401,
      body: { error: { code: 'sign_in_required' } },
    })
    const read = await fetch(`${closed.url}/likes?ids=${POST.id}`)
    expect((await read.json()).likes[POST.id]).toMatchObject({ count: expect.any(Number), liked: null })
  })
})

describe('a token that is not good', () => {
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

  it('is refused, gets no cookie and likes nothing', async () => {
    const start = `${base64({ alg: 'HS256', kid: 'one' })}.${base64({ sub: 'mallory', iss: issuer, aud: AUDIENCE, exp: NOW + 600 })}`
    const publicKey = createHmac('sha256', 'x').update(start).digest('base64url')
    const other = await generateKeyPair('ES256', { extractable: true })
    const bad = [
      '',
      'x',
      `${base64({ alg: 'none' })}.${start.split('.')[1]}.`,
      `${start}.${publicKey}`,
      `${start}.${createHmac('sha256', await exportSPKI(other.publicKey))
        .update(start)
        .digest('base64url')}`,
      await token('mallory', { exp: NOW - 60 }),
      await token('mallory', { iss: 'https://other.example' }),
      await token('mallory', { aud: 'other' }),
      `${(await token('mallory')).slice(0, -4)}AAAA`,
    ]
    const before = (await stores.compare(POST)).redis.count
    for (const { url } of [open, closed]) {
      for (const text of bad) {
        const response = await put(url, bearer(text))
        expect({ text, status: response.status, body: await response.json() }).toMatchObject({
          status: 401,
          body: { error: { code: 'invalid_token' } },
        })
        expect(response.headers.getSetCookie()).toEqual([])
      }
    }
    expect((await stores.compare(POST)).redis.count).toBe(before)
    expect(await rowsOf('mallory')).toBe(0)
  })

  it('shows counts to a page all the same, with no heart', async () => {
    const response = await fetch(`${open.url}/likes?ids=${POST.id}`, { headers: bearer('x') })
    expect((await response.json()).likes[POST.id]).toMatchObject({ count: expect.any(Number), liked: null })
  })

  it('is not needed to be good where its keys hang: a press is 503 and likes nothing', async () => {
    keysMode = 'hangs'
    const late = await startServe(cli, ['--jwks', `${issuer}/.well-known/jwks.json`, '--audience', AUDIENCE])
    servers.push(late)
    const response = await put(late.url, bearer(await token('fred')))
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 503,
      body: { error: { code: 'unavailable' } },
    })
    expect(response.headers.getSetCookie()).toEqual([])
    const read = await fetch(`${late.url}/likes?ids=${POST.id}`, { headers: bearer(await token('fred')) })
    expect((await read.json()).likes[POST.id]).toMatchObject({ count: expect.any(Number), liked: null })
    expect(late.output.err).toContain('the keys at')
    expect(late.output.err).not.toContain(await token('fred'))
    keysMode = 'well'
  })
})

describe('pages of other origins', () => {
  const preflight = (origin: string) =>
    fetch(`${open.url}/likes/${POST.id}`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization',
      },
    })

  it('of the list may read and like, with cookies and tokens', async () => {
    const { status, headers } = await preflight(APP)
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe(APP)
    expect(headers.get('access-control-allow-credentials')).toBe('true')
    expect(headers.get('access-control-allow-headers')).toBe('Authorization, Content-Type')
    expect(headers.get('vary')).toBe('Origin')
    const response = await put(open.url, { origin: APP, 'sec-fetch-site': 'same-site' })
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBe(APP)
    expect(response.headers.getSetCookie()[0]).toMatch(/SameSite=Lax$/)
  })

  it('of the list on another site get a cookie that their browser keeps there', async () => {
    const cross = { origin: APP, 'sec-fetch-site': 'cross-site', 'x-forwarded-proto': 'https' }
    const [cookie] = (await put(open.url, cross)).headers.getSetCookie()
    expect(cookie).toMatch(
      /^__Host-onecount_session=\S+; Path=\/; Max-Age=31536000; HttpOnly; SameSite=None; Secure; Partitioned$/,
    )
    const again = await put(open.url, { ...cross, cookie: cookie!.split(';')[0]! })
    expect(again.headers.getSetCookie()[0]).toBe(cookie)
  })

  it.each([
    'https://evil.example',
    'https://app.example.com.evil.example',
    'https://evil-app.example.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'null',
  ])('not of the list may neither: %s', async origin => {
    for (const response of [
      await preflight(origin),
      await fetch(`${open.url}/likes?ids=${POST.id}`, { headers: { origin } }),
    ]) {
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
      expect(response.headers.get('access-control-allow-credentials')).toBeNull()
      expect(response.headers.get('vary')).toBe('Origin')
    }
    const like = await put(open.url, {
      origin,
      'sec-fetch-site': 'cross-site',
      ...bearer(await token('gina')),
    })
    expect({ status: like.status, code: (await like.json()).error.code }).toEqual({
      status: 403,
      code: 'forbidden_origin',
    })
    expect(like.headers.getSetCookie()).toEqual([])
  })
})

describe('bytes of an attacker', () => {
  /** Sends text, and answers with all that comes back until the connection ends. */
  async function raw(...parts: string[]): Promise<string> {
    const socket = connect(Number(new URL(open.origin).port), '127.0.0.1')
    let answer = ''
    socket.on('data', chunk => {
      answer += chunk
    })
    socket.on('error', () => {})
    for (const part of parts) socket.write(part)
    await once(socket, 'close')
    return answer
  }

  it('a body that never comes is 408 after five seconds, and headers that never end are 408 too', async () => {
    const [body, headers] = await Promise.all([
      raw(`PUT /api/likes/${POST.id} HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n{"op"`),
      raw(`PUT /api/likes/${POST.id} HTTP/1.1\r\nHost: a\r\nX-Slow: `),
    ])
    expect(body).toMatch(/^HTTP\/1\.1 408 [\s\S]*"request_timeout"/)
    expect(headers).toMatch(/^HTTP\/1\.1 408/)
  })

  it.each([
    [
      'two lengths',
      `PUT /api/likes/${POST.id} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      400,
    ],
    [
      'a length beside chunks',
      `PUT /api/likes/${POST.id} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['headers of 20 kB', `GET /api/health HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['an unknown method', `BREW /api/likes/${POST.id} HTTP/1.1\r\nHost: a\r\n\r\n`, 405],
    ['CONNECT', 'CONNECT /api/likes HTTP/1.1\r\nHost: a\r\n\r\n', 405],
    [
      'a body of 2 kB',
      `PUT /api/likes/${POST.id} HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n${'x'.repeat(2000)}`,
      400,
    ],
    [
      'chunks without an end in sight',
      `PUT /api/likes/${POST.id} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n${'x'.repeat(2048)}\r\n`,
      400,
    ],
  ])('%s: refused, and the connection ends', async (_, text, status) => {
    expect(await raw(text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status}`))
    expect((await fetch(`${open.url}/health`)).status).toBe(200)
  })
})
