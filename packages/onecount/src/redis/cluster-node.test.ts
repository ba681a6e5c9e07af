import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { type RedisServer, startRedisServer } from '@onecount/dev-stack/redis-server'
import { Command, Redis } from 'ioredis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { guardNode, SlotMoving } from './cluster-node'
import { watchSettled } from './settled'

let server: RedisServer
let node: Redis
beforeEach(async () => {
  server = killOnExit(await startRedisServer())
  // As an ioredis Cluster makes its nodes.
  node = new Redis(server.url, { lazyConnect: true, retryStrategy: null, socketTimeout: 2000 })
  node.on('error', () => {})
  guardNode(node)
})
afterEach(async () => {
  node.disconnect()
  await server.kill()
})

it('a command whose deadline passed while its node was connecting is not sent', async () => {
  server.child.kill('SIGSTOP')
  const late = watchSettled(new Command('set', ['post:likes:1', '447'], { replyEncoding: 'utf8' }))
  late.setTimeout(1)
  const waiting = node.get('post:likes:1')
  node.sendCommand(late)
  await expect(late.promise).rejects.toThrow('Command timed out')
  server.child.kill('SIGCONT')
  await waiting
  expect(await node.get('post:likes:1')).toBeNull()
})

it('an ASKING whose connection is lost is no unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const listen = (error: unknown) => void unhandled.push(error)
  process.on('unhandledRejection', listen)
  await node.ping()
  server.child.kill('SIGSTOP')
  // As an ioredis Cluster sends it.
  node.asking()
  const redirected = expect(node.get('post:likes:1')).rejects.toThrow('Connection is closed')
  await server.kill()
  await redirected
  await new Promise(resolve => setImmediate(resolve))
  process.off('unhandledRejection', listen)
  expect(unhandled).toEqual([])
})

it('TRYAGAIN has a name of its own, other errors keep theirs', async () => {
  const refuse = (message: string) => node.eval('return redis.error_reply(ARGV[1])', 0, message)
  await expect(refuse('TRYAGAIN Multiple keys request during rehashing of slot')).rejects.toThrow(SlotMoving)
  await expect(refuse('MOVED 1 127.0.0.1:1')).rejects.toMatchObject({ name: 'ReplyError' })
})

it('READONLY is not sent, so that a replica answers no script', async () => {
  expect(await node.readonly()).toBe('OK')
  expect(await node.info('commandstats')).not.toContain('cmdstat_readonly')
})
