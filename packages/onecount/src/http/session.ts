import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { OnecountError } from '../core/errors'

/** Over HTTP, and over HTTPS before there was {@link SECURE_SESSION_COOKIE}: still read there, and replaced. */
export const SESSION_COOKIE = 'onecount_session'

/** Over HTTPS: browsers take a cookie of this prefix only from this very host, so no subdomain can set one. */
export const SECURE_SESSION_COOKIE = '__Host-onecount_session'

/** One year, seconds. Browsers keep no cookie longer than 400 days; every like renews it. */
export const SESSION_MAX_AGE = 365 * 24 * 60 * 60

/** Bytes of a session id: 128 random bits cannot be guessed or collide. */
const ID_BYTES = 16
const MIN_SECRET_LENGTH = 32
/** Begins as every id of the engine does: never with a dash. */
const ID = /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/

/** An anonymous visitor, as the signed cookie names them. */
export interface Session {
  /** 22 characters of base64url. */
  sessionId: string
  /** What the cookie holds: `<session id>.<HMAC-SHA-256 of it>`, both base64url. */
  value: string
}

/** What {@link openSession} needs to know beside the cookies. */
export interface OpenSessionOptions {
  /**
   * Whether the request came over HTTPS, as {@link isSecure} says.
   * @default false
   */
  secure?: boolean
}

/** How {@link serializeSessionCookie} writes a cookie. */
export interface CookieOptions {
  /** Whether the request came over HTTPS, as {@link isSecure} says. */
  secure: boolean
  /**
   * For pages of other sites, which see likes and press: `SameSite=None; Partitioned`. Over HTTPS alone.
   * @default false
   */
  crossSite?: boolean
}

/** A session, and whether the browser has its cookie already. */
export interface OpenedSession extends Session {
  /** `new`: there was no valid cookie. `older`: of a secret or, over HTTPS, of a name that is being retired. */
  origin: 'current' | 'older' | 'new'
}

/**
 * The secrets in `secret`: several, separated by commas, while one replaces another. The first signs, all verify.
 * @throws OnecountError `misconfigured` when there is none or one is shorter than 32 characters
 * @example
 * parseSecrets(process.env.ONECOUNT_SECRET)[0] // the one that signs
 */
export function parseSecrets(secret: string | undefined): [string, ...string[]] {
  const secrets = (secret ?? '').split(',').map(part => part.trim())
  if (secrets.some(part => part.length < MIN_SECRET_LENGTH)) {
    throw new OnecountError('misconfigured', {
      field: 'ONECOUNT_SECRET',
      detail: `ONECOUNT_SECRET signs the session cookie and needs ${MIN_SECRET_LENGTH} characters or more, as printed by: openssl rand -base64 32`,
    })
  }
  return secrets as [string, ...string[]]
}

/**
 * A new session.
 * @throws OnecountError `misconfigured`
 * @example
 * const { sessionId, value } = createSession(process.env.ONECOUNT_SECRET!)
 */
export function createSession(secret: string): Session {
  let sessionId = ''
  while (!ID.test(sessionId)) sessionId = randomBytes(ID_BYTES).toString('base64url')
  return { sessionId, value: sign(sessionId, parseSecrets(secret)[0]) }
}

/**
 * The session of a `Cookie` header, or null when it holds none that this server signed. The `__Host-` cookie counts
 * before the other name; of several with one name (a subdomain can add one), the first valid one.
 * @throws OnecountError `misconfigured`
 * @example
 * const sessionId = readSession(request.headers.get('cookie'), secret)
 * const states = await onecount.read(postIds, sessionId)
 */
export function readSession(cookieHeader: string | null | undefined, secret: string): string | null {
  const secrets = parseSecrets(secret)
  return verify(cookieHeader, (id, value) => signedBy(id, value, secrets))?.sessionId ?? null
}

/**
 * The session of a `Cookie` header, or a new one. Unless its `origin` is `current`, the answer has to set the cookie:
 * one that was signed with an older secret, or that came over HTTPS under the old name, keeps its id.
 * @throws OnecountError `misconfigured`
 * @example
 * const session = openSession(request.headers.get('cookie'), secret, { secure: true })
 * if (session.origin !== 'current')
 *   headers.append('set-cookie', serializeSessionCookie(session.value, { secure: true }))
 */
export function openSession(
  cookieHeader: string | null | undefined,
  secret: string,
  { secure = false }: OpenSessionOptions = {},
): OpenedSession {
  return createSessions(secret)(cookieHeader, secure)
}

/** Cookies that are known to be signed, without the work of a signature each; the oldest go first. */
const MOST_VERIFIED = 10_000

/**
 * {@link openSession} for many requests: the secrets are read once, and a cookie that comes again is not verified
 * again.
 * @throws OnecountError `misconfigured`
 */
export function createSessions(
  secret: string,
): (cookieHeader: string | null | undefined, secure: boolean) => OpenedSession {
  const secrets = parseSecrets(secret)
  /** By value. */
  const verified = new Map<string, Signed>()
  function signedIn(sessionId: string, value: string): Signed | null {
    const known = verified.get(value)
    if (known) return known
    const signed = signedBy(sessionId, value, secrets)
    if (signed) {
      if (verified.size >= MOST_VERIFIED) verified.delete(verified.keys().next().value!)
      verified.set(signed.value, signed)
    }
    return signed
  }
  return (cookieHeader, secure) => {
    const known = verify(cookieHeader, signedIn)
    if (!known) return { ...createSession(secret), origin: 'new' }
    const { sessionId, name, value, secretIndex } = known
    const isCurrent = secretIndex === 0 && (name === SECURE_SESSION_COOKIE || !secure)
    if (isCurrent) return { sessionId, value, origin: 'current' }
    return { sessionId, value: sign(sessionId, secrets[0]), origin: 'older' }
  }
}

/**
 * The `Set-Cookie` header. `secure` where the browser reached the site over HTTPS. `crossSite`: for a page of a trusted
 * origin on another site, whose browsers keep no other cookie than one that is secure and, where they keep those of
 * others apart for each site, `Partitioned`.
 * @example
 * headers.append('set-cookie', serializeSessionCookie(value, { secure: isSecure(request) }))
 */
export function serializeSessionCookie(value: string, { secure, crossSite = false }: CookieOptions): string {
  const attributes = `Path=/; Max-Age=${SESSION_MAX_AGE}; HttpOnly`
  if (!secure) return `${SESSION_COOKIE}=${value}; ${attributes}; SameSite=Lax`
  const sameSite = crossSite ? 'SameSite=None; Secure; Partitioned' : 'SameSite=Lax; Secure'
  return `${SECURE_SESSION_COOKIE}=${value}; ${attributes}; ${sameSite}`
}

/**
 * The `Cookie` header with this session instead of whatever it had: for handing a request on.
 * @example
 * headers.set('cookie', withSessionCookie(request.headers.get('cookie'), session.value))
 */
export function withSessionCookie(cookieHeader: string | null | undefined, value: string): string {
  const others = pairs(cookieHeader).filter(([name]) => !NAMES.includes(name))
  return [...others, [SESSION_COOKIE, value]].map(([name, text]) => `${name}=${text}`).join('; ')
}

/** The order in which they count. */
const NAMES = [SECURE_SESSION_COOKIE, SESSION_COOKIE]

/** A cookie that this server signed, and which of its secrets did. */
interface Signed {
  sessionId: string
  value: string
  secretIndex: number
}

function verify(
  cookieHeader: string | null | undefined,
  signedIn: (sessionId: string, value: string) => Signed | null,
) {
  const cookies = pairs(cookieHeader)
  for (const wanted of NAMES) {
    for (const [name, value] of cookies) {
      if (name !== wanted) continue
      const sessionId = value.slice(0, value.indexOf('.'))
      if (!ID.test(sessionId)) continue
      const signed = signedIn(sessionId, value)
      if (signed) return { ...signed, name }
    }
  }
  return null
}

function signedBy(sessionId: string, value: string, secrets: readonly string[]): Signed | null {
  const secretIndex = secrets.findIndex(secret => equal(value, sign(sessionId, secret)))
  return secretIndex < 0 ? null : { sessionId: copy(sessionId), value: copy(value), secretIndex }
}

/** A piece of a text keeps the whole text in memory: one that is kept would keep all cookies of its request. */
const copy = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')

function sign(sessionId: string, secret: string): string {
  return `${sessionId}.${createHmac('sha256', secret).update(sessionId).digest('base64url')}`
}

/** Takes as long for a nearly right signature as for a wrong one. */
function equal(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

function pairs(cookieHeader: string | null | undefined): [name: string, value: string][] {
  return (cookieHeader ?? '')
    .split(';')
    .map(part => part.trim())
    .filter(part => part.includes('='))
    .map(part => [part.slice(0, part.indexOf('=')).trim(), part.slice(part.indexOf('=') + 1).trim()])
}
