import { afterEach, describe, expect, it, vi } from 'vitest'
import { sessionSecret as secretOf } from './secret'
import { createShared } from './shared'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const sessionSecret = () => secretOf(process.env, createShared('secret-test'))

describe('the secret of the session cookie', () => {
  it('is ONECOUNT_SECRET', () => {
    vi.stubEnv('ONECOUNT_SECRET', 'a-secret-for-tests-that-is-long-enough')
    expect(sessionSecret()).toBe('a-secret-for-tests-that-is-long-enough')
  })

  it('is refused when it is too short, in development too', () => {
    vi.stubEnv('ONECOUNT_SECRET', 'short')
    expect(sessionSecret).toThrow(expect.objectContaining({ code: 'misconfigured' }))
  })

  it('must be set in production', () => {
    vi.stubEnv('NODE_ENV', 'production')
    vi.stubEnv('ONECOUNT_SECRET', '')
    expect(sessionSecret).toThrow(/ONECOUNT_SECRET.*openssl/)
  })

  it('is one of the process in development, said once', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    vi.stubEnv('ONECOUNT_SECRET', '')
    const secret = sessionSecret()
    expect(secret).toHaveLength(43)
    expect(sessionSecret()).toBe(secret)
    expect(warn).toHaveBeenCalledTimes(1)
  })
})
