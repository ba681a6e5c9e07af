import { describe, expect, it } from 'vitest'
import { readServeOptions } from './options'

const JWKS = 'https://a.example/.well-known/jwks.json'

describe('options of serve', () => {
  it('are those of this machine where nothing is said', () => {
    expect(readServeOptions([], {})).toMatchObject({
      port: 3100,
      host: '127.0.0.1',
      basePath: '/api',
      origins: [],
      processes: 1,
      drains: true,
      anonymous: true,
      token: null,
      isJson: false,
    })
  })

  it('come from the command line before the environment', () => {
    const env = { PORT: '8080', ONECOUNT_TRUSTED_ORIGINS: 'https://a.example, https://b.example/' }
    expect(readServeOptions(['--origin', 'https://c.example:8443/page'], env)).toMatchObject({
      port: 8080,
      origins: ['https://a.example', 'https://b.example', 'https://c.example:8443'],
    })
    expect(readServeOptions(['--port', '0'], env)?.port).toBe(0)
  })

  it('name the keys of tokens', () => {
    const token = { jwks: JWKS, audience: ['a', 'b'] }
    expect(readServeOptions(['--jwks', JWKS, '--audience', 'a', '--audience', 'b'], {})?.token).toMatchObject(
      token,
    )
    expect(readServeOptions([], { ONECOUNT_JWKS: JWKS, ONECOUNT_JWT_AUDIENCE: 'a,b' })?.token).toMatchObject(
      token,
    )
    expect(readServeOptions([], { ONECOUNT_JWT_SECRET: 'x' })?.token).toMatchObject({ secret: 'x' })
  })

  it.each([
    ['--port 70000 is not understood', ['--port', '70000']],
    ['--port x is not understood', ['--port', 'x']],
    ['--origin * is no origin', ['--origin', '*']],
    ['--origin https://*.example.com is no origin', ['--origin', 'https://*.example.com']],
    ['--origin null is no origin', ['--origin', 'null']],
    ['--base-path api is no path', ['--base-path', 'api']],
    ['--processes 0 is not understood', ['--processes', '0']],
    ['--no-anonymous without --jwks', ['--no-anonymous']],
    ['--issuer without --jwks', ['--issuer', 'https://a.example']],
    ["Unknown option '--nothing'", ['--nothing']],
  ])('are refused: %s', (message, args) => {
    expect(() => readServeOptions(args, {})).toThrow(message)
  })

  it('are explained where help is asked for', () => {
    expect(readServeOptions(['--help'], {})).toBeNull()
  })
})
