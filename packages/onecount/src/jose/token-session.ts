import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import { OnecountError } from '../core/errors'
import { loadJose } from '../peers/jose'
import { KeysUnavailable, remoteKeys } from './remote-keys'

/** What is signed with a private key. A public key never verifies anything else. */
const ASYMMETRIC = ['RS256', 'ES256', 'EdDSA', 'Ed25519']
const SYMMETRIC = 'HS256'
const MIN_SECRET_LENGTH = 32
const WELL_KNOWN = '/.well-known/'

/** Which tokens are good, and whom they name. */
export interface TokenOptions {
  /**
   * Address of the JSON Web Key Set whose keys sign the tokens: RS256, ES256 or EdDSA.
   * @default none, with `secret` alone
   */
  jwks?: string
  /**
   * Shared secret of HS256, 32 characters or more: of older projects of Supabase, never a public key.
   * @default none
   */
  secret?: string
  /**
   * `iss` of the tokens.
   * @default the address of the keys up to `/.well-known/`, as of Supabase and Clerk
   */
  issuer?: string
  /**
   * `aud` has to hold one of these. This or `authorizedParties` has to be given.
   * @default any, with `authorizedParties` alone
   */
  audience?: string | readonly string[]
  /**
   * `azp` has to be one of these: of Clerk, the origins of the application.
   * @default any
   */
  authorizedParties?: readonly string[]
  /**
   * The claim that is the id of the person.
   * @default 'sub'
   */
  claim?: string
  /**
   * How far clocks may be apart for `exp` and `nbf`, seconds.
   * @default 10
   */
  clockToleranceSeconds?: number
  /**
   * Deadline of a fetch of the keys, milliseconds.
   * @default 3000
   */
  timeoutMs?: number
}

/** Fits `session` of `createHandler` and of `onecountNext`. */
export type SessionOfToken = (request: {
  headers: { get(name: string): string | null }
}) => Promise<string | null>

/**
 * Who sends a request, by the token of the application in `Authorization: Bearer …`: null without one. The token is
 * verified with `jose`: signature, issuer, audience or party, time. One that is not good is refused with
 * `invalid_token` (401) and never treated as anonymous; while the keys cannot be had a press is answered with 503
 * (`unavailable`).
 *
 * Keys are fetched with the first token, kept, fetched again every 10 minutes behind an answer, and used for an hour
 * where their address does not answer. A token that names an unknown key fetches them at most every 10 seconds.
 *
 * @example
 * createHandler({
 *   service,
 *   secret,
 *   session: tokenSession({
 *     jwks: 'https://project.supabase.co/auth/v1/.well-known/jwks.json',
 *     audience: 'authenticated',
 *   }),
 * })
 *
 * @throws OnecountError `misconfigured`, which names the option, and where `jose` is not installed
 */
export function tokenSession(options: TokenOptions): SessionOfToken {
  const { claim = 'sub', clockToleranceSeconds = 10, timeoutMs = 3000, authorizedParties } = options
  const address = options.jwks === undefined ? null : keysAddress(options.jwks)
  const secret = options.secret ? secretKey(options.secret) : null
  if (!address && !secret)
    throw wrong('jwks', 'name the address of the keys, as https://…/.well-known/jwks.json')
  const checks = {
    issuer: options.issuer ?? issuerOf(address),
    audience: audienceOf(options),
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ['exp', claim],
  }
  const { decodeProtectedHeader, errors, jwtVerify } = loadJose()
  const keys = address && remoteKeys(address, { timeoutMs })

  async function verify(token: string): Promise<JWTPayload> {
    // By its own header a token chooses between the two, and each takes its own kinds of signature alone.
    const isSymmetric = decodeProtectedHeader(token).alg === SYMMETRIC
    if (isSymmetric && secret)
      return payloadOf(await jwtVerify(token, secret, { ...checks, algorithms: [SYMMETRIC] }))
    if (!keys) throw new errors.JOSEAlgNotAllowed('the token is not signed with HS256')
    return payloadOf(await jwtVerify(token, keys as JWTVerifyGetKey, { ...checks, algorithms: ASYMMETRIC }))
  }

  return async request => {
    const token = bearerOf(request.headers.get('authorization'))
    if (token === null) return null
    const payload = await verify(token).catch((cause: unknown) => {
      if (cause instanceof KeysUnavailable) throw cause
      throw refused(cause)
    })
    if (authorizedParties && !authorizedParties.includes(payload.azp as string)) throw refused()
    const id = payload[claim]
    if (typeof id !== 'string' || id === '') throw refused()
    return id
  }
}

const payloadOf = ({ payload }: { payload: JWTPayload }): JWTPayload => payload

/** What the reader can do is in the message; why it was refused would help who tries. */
const refused = (cause?: unknown) => new OnecountError('invalid_token', { cause })

/** Null: no token is sent. An empty one is one, and is refused. */
function bearerOf(authorization: string | null): string | null {
  const [, token] = /^Bearer(?: +(.*))?$/i.exec(authorization?.trim() ?? '') ?? [undefined, null]
  return token === null ? null : (token ?? '')
}

function keysAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  const isNear = url?.protocol === 'http:' && /^(localhost|127\.[\d.]+|\[::1\]|[^.]+)$/.test(url.hostname)
  if (!url || !(url.protocol === 'https:' || isNear))
    throw wrong('jwks', `"${text}" is no address of keys: use https:// (http:// on this machine alone)`)
  return url
}

function secretKey(text: string): Uint8Array {
  if (text.length < MIN_SECRET_LENGTH)
    throw wrong('secret', `the secret of tokens needs ${MIN_SECRET_LENGTH} characters or more`)
  if (/-----BEGIN|"kty"/.test(text))
    throw wrong('secret', 'the secret of tokens is a key pair’s: give its public key as jwks')
  return new TextEncoder().encode(text)
}

function issuerOf(address: URL | null): string {
  const end = address?.href.indexOf(WELL_KNOWN) ?? -1
  if (end < 0) throw wrong('issuer', 'name the issuer of the tokens: their claim iss')
  return address!.href.slice(0, end)
}

/** Without either a token that the issuer has made for another application would be accepted. */
function audienceOf({ audience, authorizedParties }: TokenOptions): string | string[] | undefined {
  const audiences = [audience ?? []].flat().filter(Boolean)
  if (audiences.length === 0 && !authorizedParties?.length)
    throw wrong(
      'audience',
      'name the audience of the tokens, their claim aud, or the authorized parties, azp',
    )
  return audiences.length > 0 ? audiences : undefined
}

const wrong = (field: string, detail: string) => new OnecountError('misconfigured', { field, detail })
