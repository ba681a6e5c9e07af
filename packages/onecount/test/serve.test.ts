import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { beforeEach, describe, expect, it } from 'vitest'
import { ABSENT, OTHER, POST, startCli } from './support/cli'
import { forAllTests } from './support/for-all-tests'
import { cookieIn, serving } from './support/serve'
import { startStores } from './support/stores'

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))
const servers = forAllTests(() => serving(cli))
const serve: typeof servers.serve = (...of) => servers.serve(...of)
beforeEach(() => cli.begin())

const put = (url: string, id: string, init: RequestInit = {}) =>
  fetch(`${url}/likes/${id}`, { method: 'PUT', ...init })

describe('onecount serve', () => {
  it('says where it listens, likes by the cookie, and drains by itself', async () => {
    const { url, output } = await serve()
    const response = await put(url, POST.id)
    expect(await response.json()).toMatchObject({ count: POST.base + 3, liked: true, source: 'redis' })
    const cookie = cookieIn(response)
    const read = await fetch(`${url}/likes?ids=${POST.id}`, { headers: { cookie } })
    expect((await read.json()).likes[POST.id]).toMatchObject({ count: POST.base + 3, liked: true })
    await expect.poll(async () => (await stores.compare(POST)).postgres.count).toBe(POST.base + 3)
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({
      status: 'ok',
      redis: 'up',
      postgres: 'up',
    })
    expect(await (await put(url, ABSENT, { headers: { cookie } })).json()).toMatchObject({
      error: { code: 'post_not_found' },
    })
    expect(output).toEqual({ out: `[onecount] listening on ${url}\n`, err: '' })
  })

  it('serves from Postgres where Redis does not have the database of its address, and says so', async () => {
    const { url, output } = await serve([], { REDIS_URL: `${stores.redisUrl}/99` })
    await expect.poll(() => output.err).toContain('Redis has no database 99')
    expect(await (await put(url, POST.id)).json()).toMatchObject({ count: POST.base + 3, source: 'postgres' })
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: 'degraded', redis: 'down' })
    await expect
      .poll(() => output.err)
      .toContain('drain paused: redis is unreachable (this Redis has no database')
  })

  it('leaves the drain to others with --no-drain, and has an address for it with a secret', async () => {
    const secret = 'a-secret-of-the-drain'
    const { url, kill, ended } = await serve(['--no-drain'], { ONECOUNT_DRAIN_SECRET: secret })
    const cookie = cookieIn(await put(url, POST.id))
    expect((await fetch(`${url}/drain`, { method: 'POST' })).status).toBe(401)
    expect((await (await fetch(`${url}/health`)).json()).pending).toBe(1)
    const drained = await fetch(`${url}/drain`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
    })
    expect(await drained.json()).toEqual({ drained: 1, more: false })
    await put(url, OTHER.id, { headers: { cookie } })
    kill('SIGTERM')
    expect((await ended).code).toBe(0)
    expect(await cli.run(['worker', '--once'])).toMatchObject({ code: 0 })
    expect((await stores.compare(OTHER)).postgres.count).toBe(OTHER.base + 3)
  })

  it('answers the requests that have begun and drains the pending ops when it is asked to stop', async () => {
    const { url, origin, kill, ended } = await serve()
    const cookie = cookieIn(await put(url, POST.id))
    const socket = connect(Number(new URL(origin).port), '127.0.0.1')
    let answer = ''
    socket.on('data', chunk => {
      answer += chunk
    })
    socket.write(
      `PUT /api/likes/${OTHER.id} HTTP/1.1\r\nHost: a\r\nCookie: ${cookie}\r\n` +
        'Expect: 100-continue\r\nContent-Length: 20\r\n\r\n',
    )
    // It has begun.
    await expect.poll(() => answer).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    kill('SIGTERM')
    await expect
      .poll(() =>
        fetch(`${url}/health`).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(0)
    socket.write('{}'.padEnd(20))
    const { code, err } = await ended
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(answer).toMatch(/Continue\r\n\r\nHTTP\/1\.1 200 OK/)
    expect((await stores.compare(OTHER)).postgres.count).toBe(OTHER.base + 3)
  })

  it.each([
    ['one process', []],
    ['several', ['--processes', '2']],
  ])('does not wait for connections that have sent nothing, as browsers open them: %s', async (_, args) => {
    const { origin, url, kill, ended } = await serve(args)
    const port = Number(new URL(origin).port)
    const sockets = Array.from({ length: 4 }, () => connect(port, '127.0.0.1'))
    await Promise.all(sockets.map(socket => once(socket, 'connect')))
    // Connections are accepted in their order: the server has those.
    await fetch(`${url}/health`, { headers: { connection: 'close' } })
    kill('SIGTERM')
    const at = performance.now()
    await Promise.all(sockets.map(socket => once(socket, 'close')))
    // Requests that have begun would have 7 seconds.
    expect(performance.now() - at).toBeLessThan(5000)
    expect((await ended).code).toBe(0)
  })

  it('begins without stores, says so, and serves when they are there', async () => {
    const { url, output } = await serve([], { REDIS_URL: 'redis://127.0.0.1:1' })
    await expect.poll(() => output.err).toMatch(/Redis does not answer \(.*ECONNREFUSED.*REDIS_URL/)
    const response = await put(url, POST.id)
    expect(await response.json()).toMatchObject({ count: POST.base + 3, source: 'postgres', durable: true })

    const dark = await serve(['--json'], { DATABASE_URL: 'postgres://postgres@127.0.0.1:1/x' })
    await expect.poll(() => dark.output.err).toContain('Postgres does not answer')
    const lines = dark.output.err
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines[0]).toMatchObject({
      level: 'warn',
      pid: expect.any(Number),
      time: expect.stringMatching(/^\d{4}-/),
    })
    expect((await fetch(`${dark.url}/health`)).status).toBe(200)
  })

  it('cannot begin with a setting that is wrong, and says which', async () => {
    const wrong: [string, string[], Record<string, string>][] = [
      ['ONECOUNT_SECRET signs', [], { ONECOUNT_SECRET: '' }],
      ['REDIS_URL is not set', [], { REDIS_URL: '' }],
      ['--origin * is no origin', ['--origin', '*'], {}],
      ['name the audience', ['--jwks', 'https://a.example/.well-known/jwks.json'], {}],
      ['ONECOUNT_LIMITS', [], { ONECOUNT_LIMITS: 'session=many' }],
      ['ONECOUNT_PROXY_HOPS', [], { ONECOUNT_PROXY_HOPS: 'two' }],
      ['There is no kind x', ['--kind', 'x'], {}],
    ]
    const ended = await Promise.all(
      wrong.map(([, args, env]) => cli.run(['serve', '--port', '0', ...args], env)),
    )
    expect(ended.map(({ code, out }) => ({ code, out }))).toEqual(wrong.map(() => ({ code: 2, out: '' })))
    for (const [i, { err }] of ended.entries()) {
      expect(err).toContain(wrong[i]![0])
      expect(err).not.toMatch(/\n\s+at /)
    }
  })

  it('with --json prints one object with the mistake and the remedy', async () => {
    const token = ['--jwks', 'https://a.example/.well-known/jwks.json']
    const wrong: [{ code: string; setting?: string; fix: string }, string[], Record<string, string>][] = [
      [{ code: 'usage', setting: '--origin', fix: 'name each site' }, ['--origin', '*'], {}],
      [{ code: 'usage', setting: '--kind', fix: 'the configuration has like' }, ['--kind', 'x'], {}],
      [{ code: 'usage', setting: 'PORT', fix: 'use a number from 0' }, [], { PORT: 'x' }],
      [
        { code: 'usage', setting: 'ONECOUNT_TRUSTED_ORIGINS', fix: 'name each site' },
        [],
        { ONECOUNT_TRUSTED_ORIGINS: 'a' },
      ],
      [{ code: 'misconfigured', setting: 'ONECOUNT_SECRET', fix: 'openssl' }, [], { ONECOUNT_SECRET: '' }],
      [{ code: 'misconfigured', setting: 'REDIS_URL', fix: 'put the address' }, [], { REDIS_URL: '' }],
      [
        { code: 'misconfigured', setting: 'REDIS_URL', fix: 'write redis://' },
        [],
        { REDIS_URL: 'redis://a/b/c@d' },
      ],
      [{ code: 'misconfigured', setting: '--audience', fix: 'name the audience' }, token, {}],
      [{ code: 'misconfigured', setting: '--jwks', fix: 'use https://' }, ['--jwks', 'keys'], {}],
      [
        { code: 'misconfigured', setting: 'ONECOUNT_JWKS', fix: 'use https://' },
        [],
        { ONECOUNT_JWKS: 'http://keys.example/.well-known/jwks.json' },
      ],
      [
        { code: 'misconfigured', setting: 'ONECOUNT_JWT_SECRET', fix: '32 characters' },
        [],
        { ONECOUNT_JWT_SECRET: 'short' },
      ],
      [
        { code: 'misconfigured', setting: '--issuer', fix: 'name the issuer' },
        [],
        { ONECOUNT_JWT_SECRET: 'x'.repeat(40) },
      ],
      [
        { code: 'misconfigured', setting: 'ONECOUNT_LIMITS', fix: 'is not understood' },
        [],
        { ONECOUNT_LIMITS: 'session=many' },
      ],
    ]
    const ended = await Promise.all(
      wrong.map(([, args, env]) => cli.run(['serve', '--json', ...args], { PORT: '0', ...env })),
    )
    for (const [i, { code, out, err }] of ended.entries()) {
      const { error, ...failure } = JSON.parse(out)
      expect(err).toContain(error)
      if (failure.code === 'misconfigured') expect(error).toContain(failure.setting)
      expect({ exit: code, ...failure }).toEqual({
        exit: 2,
        ...wrong[i]![0],
        fix: expect.stringContaining(wrong[i]![0].fix),
      })
    }
  })

  it('names a port that is in use, also with several processes', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    for (const args of [[], ['--processes', '2']]) {
      const { code, out, err } = await cli.run(['serve', '--port', String(port), '--json', ...args])
      const fix = 'stop what listens there, or use another --port'
      const error = `Port ${port} of 127.0.0.1 is taken: ${fix}`
      expect({ code, out: JSON.parse(out), err }).toEqual({
        code: 2,
        out: { error, code: 'cannot_listen', setting: '--port', fix },
        err: `${error}\n`,
      })
    }
    other.close()
  })
})
