import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newSigningKey, readSigningKey } from '@onecount/dev-stack/signing-key'
import { createTokens } from '@onecount/dev-stack/tokens'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { personOf, shortEmail } from './person'

const key = readSigningKey(newSigningKey())
const other = readSigningKey(newSigningKey())
const ANA = '7b0e7a52-6f2c-4c0e-9f0a-1a2b3c4d5e6f'
let server: Server
let isDown = false
let asked: string[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url!)
    if (isDown) return response.writeHead(503).end()
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key.jwk] }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  isDown = false
  asked = []
  vi.stubEnv('SUPABASE_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  vi.stubEnv('SUPABASE_PUBLISHABLE_KEY', 'sb_publishable_x')
  vi.stubEnv('SUPABASE_AUTH', '1')
})
afterEach(() => vi.unstubAllEnvs())

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenOf = (claims: object, signer = key) =>
  createTokens(signer, '', () => 'here').outward(`.${encode(claims)}.`)

/** What a browser sends that has signed in. */
function head(token: string, expiresAt = inSeconds(3600), name = 'huella-sign-in', more = {}) {
  const value = `base64-${encode({ access_token: token, refresh_token: 'r', expires_at: expiresAt })}`
  return { headers: new Headers({ cookie: `theme=dark; ${name}=${value}`, ...more }) }
}
const claims = (more = {}) => ({ sub: ANA, exp: inSeconds(3600), email: 'ana@example.com', ...more })

describe('who sends a request', () => {
  it('is the person whose token Auth has signed, whose keys are asked for once', async () => {
    expect(await personOf(head(tokenOf(claims())))).toEqual({ id: ANA, email: 'ana@example.com' })
    await personOf(head(tokenOf(claims())))
    expect(asked).toEqual(['/auth/v1/.well-known/jwks.json'])
  })

  it('is none without a sign-in, and with one that no client has written', async () => {
    expect(await personOf({ headers: new Headers() })).toBeNull()
    for (const value of [
      '',
      'x',
      'base64-',
      'base64-e30',
      'base64-%%%',
      `base64-${encode({ access_token: 5 })}`,
    ])
      expect(
        await personOf({ headers: new Headers({ cookie: `huella-sign-in=${value}` }) }),
        value,
      ).toBeNull()
    expect(asked).toEqual([])
  })

  it.each([
    [
      'that another key has signed',
      () => tokenOf(claims(), other).replace(/^[^.]+/, tokenOf(claims()).split('.')[0]!),
    ],
    ['that is changed', () => tokenOf(claims()).replace(/\.[^.]+\./, `.${encode(claims({ sub: 'ben' }))}.`)],
    ['whose own time is over', () => tokenOf(claims({ exp: inSeconds(-1) }))],
    ['that is none', () => 'abc'],
  ])('is none with a token %s', async (_, token) => {
    expect(await personOf(head(token()))).toBeNull()
  })

  it('is none for people whom Auth itself calls anonymous', async () => {
    expect(await personOf(head(tokenOf(claims({ is_anonymous: true }))))).toBeNull()
  })

  it('is none where Auth is not configured, whatever a browser sends', async () => {
    vi.stubEnv('SUPABASE_AUTH', '')
    expect(await personOf(head(tokenOf(claims())))).toBeNull()
  })

  it('over HTTPS is told by the cookie alone that no other host can set', async () => {
    const https = { 'x-forwarded-proto': 'https' }
    const token = tokenOf(claims())
    expect(await personOf(head(token, undefined, undefined, https))).toBeNull()
    expect(await personOf(head(token, undefined, '__Host-huella-sign-in', https))).toMatchObject({ id: ANA })
  })
})

describe('while Auth is away', () => {
  /** The client asks for the keys again after ten minutes. */
  const later = (minutes: number) =>
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('a token is verified with the keys that it had last', async () => {
    later(11)
    await personOf(head(tokenOf(claims())))
    isDown = true
    later(11)
    expect(await personOf(head(tokenOf(claims())))).toMatchObject({ id: ANA })
    expect(asked).toHaveLength(2)
  })

  it('it is an error, and not "not signed in", where keys were never read', async () => {
    Reflect.deleteProperty(globalThis, Symbol.for('huella.signing-keys'))
    later(60)
    isDown = true
    await expect(personOf(head(tokenOf(claims())))).rejects.toMatchObject({ name: 'SignInUnavailable' })
  })

  it('it is an error, and not "not signed in", where the token has ended', async () => {
    await expect(personOf(head(tokenOf(claims()), inSeconds(-1)))).rejects.toMatchObject({
      name: 'SignInUnavailable',
    })
  })
})

it.each([
  ['lucia.fernandez@example.com', 'lu…@example.com'],
  ['ana@example.com', 'an…@example.com'],
  ['al@example.com', 'a…@example.com'],
  ['a@example.com', 'a…@example.com'],
])('%s is shown as %s', (email, shown) => expect(shortEmail(email)).toBe(shown))
