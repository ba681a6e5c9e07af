import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { awakeNow } from '@onecount/dev-stack/awake'
import { FaultProxy } from '@onecount/dev-stack/fault-proxy'
import { type RedisServer, startRedisServer, startRedisServerAgain } from '@onecount/dev-stack/redis-server'
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { epochOf } from '../testing/redis/scripts'
import { COMMAND_TIMEOUT, createRedisClient, ioredisPort } from './ioredis'
import { SCRIPTS } from './scripts.generated'

let server: RedisServer
let client: Redis
beforeEach(async () => {
  server = await startRedisServer()
})
afterEach(async () => {
  client.disconnect()
  await server.kill()
})

const status = () => ioredisPort(client).run('status', ['likes:pending', 'likes:recent'], [10])
const EMPTY = ['', '', '0', '0', '']

/** How a call ended and after how many milliseconds. */
async function timed(call: Promise<unknown>) {
  const start = awakeNow()
  const error = await call.then(
    () => null,
    (e: Error) => e,
  )
  return { error, ms: awakeNow() - start }
}

describe('the ioredis driver', () => {
  it('waits for a client that is connecting for the first time, however many calls there are', async () => {
    const warnings: string[] = []
    const listen = (warning: Error) => void warnings.push(warning.name)
    process.on('warning', listen)
    client = createRedisClient(server.url)
    const port = ioredisPort(client)
    const calls = Array.from({ length: 50 }, () =>
      port.run('status', ['likes:pending', 'likes:recent'], [10]),
    )
    expect(await Promise.all(calls)).toEqual(Array(50).fill(EMPTY))
    process.off('warning', listen)
    expect(warnings).toEqual([])
  })

  it('writes the calls of one turn of the process together', async () => {
    client = createRedisClient(server.url)
    await status()
    const reads = async () => Number(/total_reads_processed:(\d+)/.exec(await client.info('stats'))![1])
    const before = await reads()
    const calls = Array.from({ length: 50 }, () => status())
    expect(client.stream.writableCorked).toBe(1)
    expect(await Promise.all(calls)).toEqual(Array(50).fill(EMPTY))
    expect(client.stream.writableCorked).toBe(0)
    expect((await reads()) - before).toBeLessThan(10)
  })

  it('connects a client that was made to connect later', async () => {
    client = createRedisClient(server.url, { lazyConnect: true })
    expect(await status()).toEqual(EMPTY)
  })

  it('waits for the first connection as long as a call may take', async () => {
    const slow = createServer(socket => {
      const there = connect(server.port, '127.0.0.1')
      for (const end of [socket, there]) end.on('error', () => {})
      setTimeout(() => {
        socket.pipe(there)
        there.pipe(socket)
      }, 2 * COMMAND_TIMEOUT)
    })
    await once(slow.listen(0, '127.0.0.1'), 'listening')
    const { port } = slow.address() as AddressInfo
    client = createRedisClient(`redis://127.0.0.1:${port}`, { commandTimeout: 20_000 })
    expect(await status()).toEqual(EMPTY)
    slow.close()
  })

  it('fails at once while Redis is not there, and works again by itself', async () => {
    client = createRedisClient(server.url)
    await status()
    await server.kill()
    await expect.poll(() => client.status).not.toBe('ready')
    const { error, ms } = await timed(status())
    expect(error).toMatchObject({ name: 'StoreUnavailable', store: 'redis' })
    expect(ms).toBeLessThan(100)
    server = await startRedisServerAgain({ port: server.port })
    await expect.poll(() => status().catch(() => null), { timeout: 10_000 }).toEqual(EMPTY)
  })

  it('gives up on a Redis that never was there', async () => {
    await server.kill()
    client = createRedisClient(server.url)
    const { error, ms } = await timed(status())
    expect(error).toMatchObject({ store: 'redis' })
    expect(ms).toBeLessThan(1000)
  })

  it('replaces a connection whose other end is gone', async () => {
    const link = await FaultProxy.to(server.port, 'resp')
    client = createRedisClient(`redis://127.0.0.1:${link.port}`, { socketTimeout: 300 })
    expect(await status()).toEqual(EMPTY)
    link.inject('half-open')
    await expect.poll(() => status().catch((error: unknown) => error)).toMatchObject({ store: 'redis' })
    link.heal()
    await expect.poll(() => status().catch(() => null), { timeout: 5000 }).toEqual(EMPTY)
    link.close()
  })

  it('does not wait for a Redis that hangs, and does not send the call again', async () => {
    client = createRedisClient(server.url)
    const port = ioredisPort(client)
    const take = () => port.run('limit', ['likes:limit:new|a'], [10, 3_600_000])
    const left = () => client.get('likes:limit:new|a').catch(() => null)
    await take()
    server.child.kill('SIGSTOP')
    const { error, ms } = await timed(take())
    expect(error).toMatchObject({ store: 'redis', message: expect.stringContaining('timed out') })
    expect(ms).toBeLessThan(1000)
    server.child.kill('SIGCONT')
    await expect.poll(left).toMatch(/^8\./)
    expect(await status()).toEqual(EMPTY)
    expect(await left()).toMatch(/^8\./)
  })

  it('runs scripts with a prefix before all keys', async () => {
    client = createRedisClient(server.url, { keyPrefix: 'app:' })
    const { run } = ioredisPort(client)
    const post = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
    const [, , nonce] = (await run(
      'collect',
      ['likes:pending', 'likes:lease'],
      ['n', 1, '', '', '0', '', 1000],
    )) as string[]
    await run('resolve', ['likes:pending', 'likes:recent'], ['cut', nonce!, 1])
    const session = ['likes:pending', 'session:ops:ana']
    await run('install-sessions', session, ['cut', 1000, 10, 'ana', 'all', 1, post, 7])
    const page = await run('read', [...session, `post:meta:${post}`], ['1'])
    const epoch = epochOf(nonce!)
    expect(page).toBe(`${epoch};;${epoch}|all;7`)
    expect((await client.keys('*')).sort()).toEqual(['app:likes:pending', 'app:session:ops:ana'])
  })
})

describe('the generated scripts', () => {
  it.each(Object.entries(SCRIPTS))('%s has the digest that Redis will call it by', (_, { sha1, source }) => {
    client = createRedisClient(server.url, { lazyConnect: true })
    expect(sha1).toBe(createHash('sha1').update(source).digest('hex'))
  })
})
