import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type TokenOptions, tokenSession } from './token-session'

const ISSUER = 'https://project.example/auth/v1'
const AUDIENCE = 'authenticated'
const SECRET = 'a-shared-secret-of-an-older-project-of-supabase'

interface Pair {
  alg: string
  kid: string
  privateKey: CryptoKey
  publicKey: CryptoKey
}

/** The address of the keys: what it holds, how it answers, and how often it was asked. */
const published = { keys: [] as JWK[], mode: 'well' as 'well' | 'down' | 'hangs' | 'garbage', asked: 0 }
let server: Server
let url: string
let pairs: Pair[]

async function pair(alg: string, kid: string): Promise<Pair> {
  return { alg, kid, ...((await generateKeyPair(alg, { extractable: true })) as Omit<Pair, 'alg' | 'kid'>) }
}
const publicJwk = async ({ alg, kid, publicKey }: Pair) => ({
  ...(await exportJWK(publicKey)),
  alg,
  kid,
  use: 'sig',
})

beforeAll(async () => {
  pairs = await Promise.all(['RS256', 'ES256', 'EdDSA'].map(alg => pair(alg, `key-${alg}`)))
  server = createServer((_, response) => {
    published.asked++
    if (published.mode === 'hangs') return
    if (published.mode === 'down') response.writeHead(502).end()
    else response.end(published.mode === 'garbage' ? '<html>' : JSON.stringify({ keys: published.keys }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(async () => {
  Object.assign(published, { keys: await Promise.all(pairs.map(publicJwk)), mode: 'well', asked: 0 })
})

const session = (options: Partial<TokenOptions> = {}) =>
  tokenSession({ jwks: url, issuer: ISSUER, audience: AUDIENCE, timeoutMs: 200, ...options })

interface Claims {
  sub?: unknown
  iss?: string
  aud?: string
  azp?: string
  exp?: number | string
  nbf?: number
}

function claims({ exp = '5m', ...others }: Claims = {}) {
  const all = { sub: 'ana', iss: ISSUER, aud: AUDIENCE, ...others }
  return new SignJWT(JSON.parse(JSON.stringify(all))).setExpirationTime(exp).setIssuedAt()
}
const signed = ({ alg, kid, privateKey }: Pair, own?: Claims, name = kid) =>
  claims(own).setProtectedHeader({ alg, kid: name }).sign(privateKey)

const ask = (of: ReturnType<typeof tokenSession>, authorization: string | null) =>
  of({ headers: { get: name => (name === 'authorization' ? authorization : null) } })
const bearer = (token: string) => `Bearer ${token}`

const base64 = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const NOW = Math.floor(Date.now() / 1000)
const BODY = { sub: 'mallory', iss: ISSUER, aud: AUDIENCE, exp: NOW + 300 }

describe('a token of the application', () => {
  it.each([0, 1, 2])('says who sends a request, signed by key %i', async index => {
    expect(await ask(session(), bearer(await signed(pairs[index]!)))).toBe('ana')
  })

  it('is not needed: a request without one is signed out', async () => {
    const of = session()
    for (const header of [null, '', 'Basic YTpi']) expect(await ask(of, header)).toBeNull()
    expect(published.asked).toBe(0)
  })

  it('may name the person by another claim, and the party instead of an audience', async () => {
    const of = session({ claim: 'azp', audience: undefined, authorizedParties: ['https://app.example'] })
    expect(await ask(of, bearer(await signed(pairs[0]!, { azp: 'https://app.example' })))).toBe(
      'https://app.example',
    )
    await expect(ask(of, bearer(await signed(pairs[0]!)))).rejects.toMatchObject({ code: 'invalid_token' })
  })

  it('is accepted where clocks differ by a few seconds', async () => {
    const token = await signed(pairs[0]!, { exp: NOW - 2, nbf: NOW + 2 })
    expect(await ask(session(), bearer(token))).toBe('ana')
  })

  it('fetches the keys once, also for many at once', async () => {
    const of = session()
    const token = bearer(await signed(pairs[0]!))
    await Promise.all(Array.from({ length: 20 }, () => ask(of, token)))
    await ask(of, token)
    expect(published.asked).toBe(1)
  })
})

describe('a token that is not valid is refused, never treated as signed out', () => {
  const refusals: [string, (pair: Pair, other: Pair) => Promise<string> | string][] = [
    ['is empty', () => ''],
    ['is no token', () => 'x'],
    ['is three dots', () => '...'],
    ['has expired', pair => signed(pair, { exp: NOW - 60 })],
    ['does not hold yet', pair => signed(pair, { nbf: NOW + 60 })],
    [
      'never expires',
      pair =>
        new SignJWT({ sub: 'ana', iss: ISSUER, aud: AUDIENCE })
          .setProtectedHeader({ alg: pair.alg, kid: pair.kid })
          .sign(pair.privateKey),
    ],
    ['is of another issuer', pair => signed(pair, { iss: 'https://other.example' })],
    ['is for another audience', pair => signed(pair, { aud: 'other' })],
    ['has no subject', pair => signed(pair, { sub: undefined })],
    ['has a subject that is no text', pair => signed(pair, { sub: { id: 'ana' } })],
    ['has an empty subject', pair => signed(pair, { sub: '' })],
    ['is signed by a key that was not published', (pair, other) => signed({ ...other, kid: pair.kid })],
    ['is of a key that was not published', (_, other) => signed(other)],
    ['has no signature', () => `${base64({ alg: 'none' })}.${base64(BODY)}.`],
    [
      'has no signature, and names a key',
      pair => `${base64({ alg: 'none', kid: pair.kid })}.${base64(BODY)}.`,
    ],
    [
      'has other contents than were signed',
      async pair => {
        const [head, , signature] = (await signed(pair)).split('.')
        return `${head}.${base64(BODY)}.${signature}`
      },
    ],
  ]
  it.each(refusals)('%s', async (_, make) => {
    const other = await pair('RS256', 'unknown')
    const token = await make(pairs[0]!, other)
    await expect(ask(session(), bearer(token))).rejects.toMatchObject({ code: 'invalid_token', status: 401 })
  })

  it.each([undefined, SECRET])(
    'signed with a public key as if it were a shared secret (%s)',
    async secret => {
      const { kid, publicKey } = pairs[0]!
      const jwk = await publicJwk(pairs[0]!)
      const texts = [await exportSPKI(publicKey), JSON.stringify(jwk), jwk.n!]
      const keys: (Buffer | string)[] = [...texts, Buffer.from(jwk.n!, 'base64url')]
      for (const key of keys) {
        const start = `${base64({ alg: 'HS256', kid })}.${base64(BODY)}`
        const token = `${start}.${createHmac('sha256', key).update(start).digest('base64url')}`
        await expect(ask(session({ secret }), bearer(token))).rejects.toMatchObject({ code: 'invalid_token' })
      }
    },
  )
})

describe('a shared secret', () => {
  const hs256 = (secret: string, own?: Claims) =>
    claims(own).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret))

  it('verifies HS256 alone, beside keys or without them', async () => {
    for (const jwks of [url, undefined]) {
      const of = session({ jwks, secret: SECRET })
      expect(await ask(of, bearer(await hs256(SECRET)))).toBe('ana')
      await expect(ask(of, bearer(await hs256(`${SECRET}!`)))).rejects.toMatchObject({
        code: 'invalid_token',
      })
      // The public key of Supabase's older projects is a token of theirs too, of another issuer.
      await expect(ask(of, bearer(await hs256(SECRET, { iss: 'supabase' })))).rejects.toMatchObject({
        code: 'invalid_token',
      })
    }
    expect(await ask(session({ secret: SECRET }), bearer(await signed(pairs[0]!)))).toBe('ana')
    const alone = session({ jwks: undefined, secret: SECRET })
    await expect(ask(alone, bearer(await signed(pairs[0]!)))).rejects.toMatchObject({ code: 'invalid_token' })
  })
})

describe('keys', () => {
  it.each(['down', 'hangs', 'garbage'] as const)(
    'that cannot be fetched (%s) let no request in, and fail at once for a while',
    async mode => {
      published.mode = mode
      const of = session()
      const token = bearer(await signed(pairs[0]!))
      for (let i = 0; i < 3; i++) await expect(ask(of, token)).rejects.toThrow(/the keys at .* cannot be had/)
      expect(published.asked).toBe(1)
    },
  )

  it('that are rotated are met by the first token that names the new one', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const of = session()
      expect(await ask(of, bearer(await signed(pairs[0]!)))).toBe('ana')
      const next = await pair('ES256', 'next')
      published.keys = [await publicJwk(next)]
      vi.setSystemTime(Date.now() + 11_000)
      expect(await ask(of, bearer(await signed(next)))).toBe('ana')
      await expect(ask(of, bearer(await signed(pairs[0]!)))).rejects.toMatchObject({ code: 'invalid_token' })
    } finally {
      vi.useRealTimers()
    }
  })

  it('are asked for once, however many tokens name one that there is not', async () => {
    const of = session()
    await ask(of, bearer(await signed(pairs[0]!)))
    const unknown = await pair('ES256', 'unknown')
    for (let i = 0; i < 5; i++)
      await expect(ask(of, bearer(await signed(unknown, {}, `x${i}`)))).rejects.toMatchObject({
        code: 'invalid_token',
      })
    expect(published.asked).toBe(1)
  })

  it('are used for an hour where their address does not answer, and fetched behind an answer when they are old', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const of = session()
      const token = async () => bearer(await signed(pairs[0]!))
      await ask(of, await token())
      published.mode = 'down'
      vi.setSystemTime(Date.now() + 30 * 60_000)
      expect(await ask(of, await token())).toBe('ana')
      await expect.poll(() => published.asked).toBe(2)
      vi.setSystemTime(Date.now() + 31 * 60_000)
      await expect(ask(of, await token())).rejects.toThrow(/cannot be had/)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('options', () => {
  it('derive the issuer from the address of the keys', () => {
    expect(() => tokenSession({ jwks: `${ISSUER}/.well-known/jwks.json`, audience: 'a' })).not.toThrow()
  })
  it.each<[string, TokenOptions]>([
    ['jwks', {}],
    ['jwks', { jwks: 'x', audience: 'a' }],
    ['jwks', { jwks: 'http://keys.example/.well-known/jwks.json', audience: 'a' }],
    ['issuer', { jwks: 'https://keys.example/keys', audience: 'a' }],
    ['issuer', { secret: SECRET, audience: 'a' }],
    ['audience', { jwks: 'https://keys.example/.well-known/jwks.json' }],
    ['audience', { jwks: 'https://keys.example/.well-known/jwks.json', audience: '' }],
    ['secret', { secret: 'short', issuer: ISSUER, audience: 'a' }],
    ['secret', { secret: '-----BEGIN PUBLIC KEY-----MIIBIjANBgkqhkiG9w0B', issuer: ISSUER, audience: 'a' }],
  ])('without a good %s are refused', (field, options) => {
    expect(() => tokenSession(options)).toThrow(
      expect.objectContaining({ code: 'misconfigured', options: expect.objectContaining({ field }) }),
    )
  })
})
