import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { accessCookie, accessOf, hasOps, isSecret, noAccessCookie, secretComplaint } from './access'

const SECRET = 'the-secret-of-operators'
const request = (headers: Record<string, string> = {}) => ({ headers: new Headers(headers) })
const pairIn = (cookie: string) => cookie.split(';', 1)[0]!
const HOUR = 3_600_000

beforeEach(() => {
  vi.stubEnv('NODE_ENV', 'production')
  vi.stubEnv('ONECOUNT_OPS_SECRET', SECRET)
})
afterEach(() => vi.unstubAllEnvs())

describe('who may see /ops', () => {
  it('without a secret: every visitor in development, no visitor elsewhere', () => {
    vi.stubEnv('ONECOUNT_OPS_SECRET', '')
    expect([hasOps(), accessOf(request())]).toEqual([false, 'absent'])
    expect(isSecret('')).toBe(false)
    vi.stubEnv('NODE_ENV', 'development')
    expect([hasOps(), accessOf(request())]).toEqual([true, 'granted'])
  })

  it.each(['short', 'has a space in the middle', 'ünïcode-of-16-letters'])(
    'a secret that cannot be used opens nothing, and the log says why: %s',
    secret => {
      vi.stubEnv('ONECOUNT_OPS_SECRET', secret)
      expect([hasOps(), accessOf(request()), isSecret(secret)]).toEqual([false, 'absent', false])
      expect(secretComplaint()).toMatch(/^ONECOUNT_OPS_SECRET needs 16 characters/)
      expect(secretComplaint()).not.toContain(secret)
      vi.stubEnv('NODE_ENV', 'development')
      expect(accessOf(request())).toBe('absent')
    },
  )

  it('a secret that is set is asked for in development too', () => {
    vi.stubEnv('NODE_ENV', 'development')
    expect(accessOf(request())).toBe('refused')
    expect(secretComplaint()).toBeUndefined()
  })

  it('the secret as a bearer token, and nothing near it', () => {
    expect(accessOf(request({ authorization: `Bearer ${SECRET}` }))).toBe('granted')
    for (const authorization of [SECRET, `Bearer ${SECRET}x`, `Bearer ${SECRET.slice(1)}`, `Basic ${SECRET}`])
      expect(accessOf(request({ authorization }))).toBe('refused')
  })

  it('the cookie of the form for twelve hours, without the secret in it', () => {
    const now = 1_795_000_000_000
    const cookie = accessCookie(false, now)
    expect(cookie).toMatch(/^onecount_ops=[^;]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax$/)
    expect(cookie).not.toContain(SECRET)
    const at = (time: number) => accessOf(request({ cookie: `theme=dark; ${pairIn(cookie)}` }), time)
    expect([at(now), at(now + 12 * HOUR - 1), at(now + 12 * HOUR)]).toEqual(['granted', 'granted', 'refused'])
    vi.stubEnv('ONECOUNT_OPS_SECRET', `${SECRET}-new`)
    expect(at(now)).toBe('refused')
  })

  it('no visitor whose cookie was changed, or was removed by signing out', () => {
    const value = pairIn(accessCookie(true))
    expect(accessCookie(true)).toMatch(/^__Host-onecount_ops=.*; Secure$/)
    expect(accessOf(request({ cookie: value }))).toBe('granted')
    const [until, signature] = value.split('=')[1]!.split('.')
    for (const forged of [
      `${Number(until) + 1}.${signature}`,
      `${until}.`,
      `${until}`,
      `x.${signature}`,
      '.',
    ])
      expect(accessOf(request({ cookie: `onecount_ops=${forged}` }))).toBe('refused')
    expect(noAccessCookie(true)).toMatch(/^__Host-onecount_ops=; Path=\/; Max-Age=0;/)
  })

  it('the form takes the secret alone', () => {
    expect([isSecret(SECRET), isSecret(`${SECRET} `), isSecret('')]).toEqual([true, false, false])
  })
})
