import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** `absent`: there is no such page here; `refused`: the secret is missing or wrong. */
export type Access = 'granted' | 'refused' | 'absent'

interface Head {
  headers: { get(name: string): string | null }
}

/** What the page is opened with: at least so many characters, without spaces, as for the other secrets of operators. */
const SECRET = /^[!-~]{16,}$/
/** An operator signs in once a day, milliseconds. */
const VALID_MS = 12 * 60 * 60 * 1000
const COOKIE = 'onecount_ops'
/** Over HTTPS: of this host alone, whatever other subdomains set. */
const SECURE_COOKIE = `__Host-${COOKIE}`

/** Whether there is a page for operators here: with a secret, or in development. */
export const hasOps = (): boolean => secretOf() !== undefined || isOpen()

/**
 * Whether a request may see the page: by the cookie of the form, or by the secret as a bearer token. Without a secret
 * every visitor may in development, and none elsewhere.
 */
export function accessOf({ headers }: Head, now = Date.now()): Access {
  const secret = secretOf()
  if (secret === undefined) return isOpen() ? 'granted' : 'absent'
  const [, token] = /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '') ?? []
  if (token !== undefined && isSame(token, secret)) return 'granted'
  return cookiesIn(headers.get('cookie')).some(value => isValid(value, secret, now)) ? 'granted' : 'refused'
}

/** Whether what was typed into the form is the secret. */
export function isSecret(typed: string): boolean {
  const secret = secretOf()
  return secret !== undefined && isSame(typed, secret)
}

/**
 * A cookie that opens the page for twelve hours: signed with the secret, and without it. Another secret ends it.
 * @param isSecure whether the page was opened over HTTPS
 */
export function accessCookie(isSecure: boolean, now = Date.now()): string {
  const until = String(now + VALID_MS)
  return cookie(isSecure, `${until}.${sign(until, secretOf()!)}`, VALID_MS / 1000)
}

/** Takes it away again. */
export const noAccessCookie = (isSecure: boolean): string => cookie(isSecure, '', 0)

function secretOf(): string | undefined {
  const secret = process.env.ONECOUNT_OPS_SECRET
  return secret && SECRET.test(secret) ? secret : undefined
}

/** What to tell an operator whose secret opens nothing; undefined: it is set well, or not at all. */
export function secretComplaint(): string | undefined {
  if (!process.env.ONECOUNT_OPS_SECRET || secretOf()) return undefined
  return 'ONECOUNT_OPS_SECRET needs 16 characters or more, without spaces, as printed by: openssl rand -hex 32'
}

/** A secret that is set is asked for in development too. */
const isOpen = () => process.env.NODE_ENV === 'development' && !process.env.ONECOUNT_OPS_SECRET

const cookie = (isSecure: boolean, value: string, seconds: number): string =>
  `${isSecure ? SECURE_COOKIE : COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax` +
  (isSecure ? '; Secure' : '')

const cookiesIn = (header: string | null): string[] =>
  (header ?? '').split(';').flatMap(pair => {
    const [name, value] = pair.trim().split('=', 2)
    return (name === COOKIE || name === SECURE_COOKIE) && value ? [value] : []
  })

function isValid(value: string, secret: string, now: number): boolean {
  const [until = '', signature = ''] = value.split('.', 2)
  return /^\d+$/.test(until) && Number(until) > now && isSame(signature, sign(until, secret))
}

const sign = (until: string, secret: string): string =>
  createHmac('sha256', secret).update(`onecount-ops|${until}`).digest('base64url')

/** Digests have equal lengths: the comparison tells nothing about the length either. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
