import { createHmac } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { isSessionId } from '../core/ids'
import {
  createSession,
  createSessions,
  openSession,
  parseSecrets,
  readSession,
  serializeSessionCookie,
  withSessionCookie,
} from './session'

const OLD = 'the-secret-of-last-year-0123456789abcd'
const NEW = 'the-secret-of-this-year-0123456789abcd'
const header = (value: string) => `onecount_session=${value}`

describe('a session', () => {
  it('is 128 random bits and their HMAC-SHA-256, both base64url', () => {
    const { sessionId, value } = createSession(NEW)
    expect(Buffer.from(sessionId, 'base64url')).toHaveLength(16)
    expect(value).toBe(`${sessionId}.${createHmac('sha256', NEW).update(sessionId).digest('base64url')}`)
    expect(createSession(NEW).sessionId).not.toBe(sessionId)
  })

  it('has an id that the engine takes', () => {
    const ids = Array.from({ length: 1_000 }, () => createSession(NEW).sessionId)
    expect(ids.filter(id => !isSessionId(id))).toEqual([])
  })

  it('is read back from a Cookie header, between other cookies', () => {
    const { sessionId, value } = createSession(NEW)
    expect(readSession(`theme=dark; ${header(value)}; x=1`, NEW)).toBe(sessionId)
  })

  it('is null for a cookie that is missing, malformed, forged or of another secret', () => {
    const { sessionId, value } = createSession(NEW)
    const other = createSession(NEW)
    const signature = value.split('.')[1]!
    const bad = [
      null,
      undefined,
      '',
      ';;=;',
      'onecount_session',
      header(''),
      header('.'),
      header(sessionId),
      header(`${sessionId}.`),
      header(`${other.sessionId}.${signature}`),
      header(`${value}x`),
      header(`${value}.`),
      header(value.slice(0, -1)),
      header(`${sessionId}.${Buffer.from(signature).toString('hex')}`),
      header(`.${createHmac('sha256', NEW).update('').digest('base64url')}`),
      header(`${'a'.repeat(22)}.${'ñ'.repeat(43)}`),
      header(createSession(OLD).value),
      `onecount_session2=${value}`,
    ]
    for (const cookie of bad) expect(readSession(cookie, NEW), String(cookie)).toBeNull()
  })

  it('does not accept a signed id of a form that it never hands out', () => {
    const id = 'a|b'.padEnd(22, '!')
    expect(
      readSession(header(`${id}.${createHmac('sha256', NEW).update(id).digest('base64url')}`), NEW),
    ).toBeNull()
  })

  it('is found beside a forged cookie of the same name', () => {
    const { sessionId, value } = createSession(NEW)
    const forged = header(`${'a'.repeat(22)}.${'b'.repeat(43)}`)
    expect(readSession(`${forged}; ${header(value)}`, NEW)).toBe(sessionId)
    expect(readSession(`${header(value)}; ${forged}`, NEW)).toBe(sessionId)
  })
})

describe('opening a session', () => {
  it('keeps one that is known', () => {
    const session = createSession(NEW)
    expect(openSession(header(session.value), NEW)).toEqual({ ...session, origin: 'current' })
  })

  it('makes a new one for a forged cookie', () => {
    const opened = openSession(header(createSession(OLD).value), NEW)
    expect(opened.origin).toBe('new')
    expect(readSession(header(opened.value), NEW)).toBe(opened.sessionId)
  })

  it('keeps the id of one signed with the secret that is being replaced, and signs it with the new one', () => {
    const session = createSession(OLD)
    const opened = openSession(header(session.value), `${NEW}, ${OLD}`)
    expect(opened).toMatchObject({ sessionId: session.sessionId, origin: 'older' })
    expect(readSession(header(opened.value), NEW)).toBe(session.sessionId)
  })
})

describe('over HTTPS', () => {
  const secure = { secure: true }
  const host = (value: string) => `__Host-onecount_session=${value}`

  it('the cookie has the prefix that keeps other hosts from setting it', () => {
    expect(serializeSessionCookie('v', secure)).toBe(
      '__Host-onecount_session=v; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure',
    )
    const session = createSession(NEW)
    expect(openSession(host(session.value), NEW, secure)).toEqual({ ...session, origin: 'current' })
  })

  it('a session under the old name goes on, and its cookie is replaced', () => {
    const session = createSession(NEW)
    expect(openSession(header(session.value), NEW, secure)).toEqual({ ...session, origin: 'older' })
    expect(openSession(header(session.value), NEW)).toEqual({ ...session, origin: 'current' })
  })

  it('of both names the prefixed one counts, in any order', () => {
    const [mine, other] = [createSession(NEW), createSession(NEW)]
    for (const cookie of [
      `${header(other.value)}; ${host(mine.value)}`,
      `${host(mine.value)}; ${header(other.value)}`,
    ]) {
      expect(openSession(cookie, NEW, secure)).toEqual({ ...mine, origin: 'current' })
      expect(readSession(cookie, NEW)).toBe(mine.sessionId)
    }
  })

  it('a forged one never wins over a good one', () => {
    const session = createSession(NEW)
    const forged = `${'a'.repeat(22)}.${'b'.repeat(43)}`
    expect(openSession(`${host(forged)}; ${header(session.value)}`, NEW, secure)).toEqual({
      ...session,
      origin: 'older',
    })
    expect(openSession(`${header(forged)}; ${host(session.value)}`, NEW, secure).origin).toBe('current')
    expect(openSession(`${host(forged)}; ${host(session.value)}`, NEW, secure).sessionId).toBe(
      session.sessionId,
    )
  })

  it('one signed with the secret that is being replaced is signed anew', () => {
    const session = createSession(OLD)
    expect(openSession(host(session.value), `${NEW},${OLD}`, secure)).toMatchObject({
      sessionId: session.sessionId,
      origin: 'older',
    })
  })
})

describe('the secret', () => {
  it.each([undefined, '', 'short', `${NEW},short`, `${NEW},`])('%j is refused with what to do', secret => {
    expect(() => parseSecrets(secret)).toThrow(
      expect.objectContaining({
        code: 'misconfigured',
        message: expect.stringMatching(/ONECOUNT_SECRET.*32.*openssl/),
      }),
    )
  })

  it('is not repeated in the error', () => {
    expect(() => parseSecrets('too-short-secret')).not.toThrow(/too-short-secret/)
  })
})

describe('the cookie', () => {
  it('is httpOnly, Lax, for the whole site and for a year', () => {
    expect(serializeSessionCookie('v', { secure: false })).toBe(
      'onecount_session=v; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax',
    )
  })

  it('is Secure over HTTPS', () => {
    expect(serializeSessionCookie('v', { secure: true })).toMatch(/; Secure$/)
  })

  it('replaces every other of its name when a request is handed on', () => {
    expect(withSessionCookie('a=1; onecount_session=x; b=c=d; onecount_session=y', 'v')).toBe(
      'a=1; b=c=d; onecount_session=v',
    )
    expect(withSessionCookie('__Host-onecount_session=x; a=1', 'v')).toBe('a=1; onecount_session=v')
    expect(withSessionCookie(null, 'v')).toBe('onecount_session=v')
  })
})

describe('sessions that are known', () => {
  it('do not keep the headers that they came in', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const open = createSessions(NEW)
    const cookies = Array.from({ length: 2000 }, () => createSession(NEW).value)
    const kept: string[] = []
    collect()
    const before = process.memoryUsage().heapUsed
    for (const value of cookies) {
      // As it is parsed: a text of its own, of which the cookie is a piece.
      const header = Buffer.from(`theme=${'d'.repeat(16_384)}; onecount_session=${value}`).toString('latin1')
      kept.push(open(header, false).sessionId)
    }
    collect()
    expect(kept).toHaveLength(2000)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * 2 ** 20)
  })
})
