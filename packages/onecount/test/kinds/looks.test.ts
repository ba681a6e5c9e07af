import { startRedisCluster } from '@onecount/dev-stack/redis-cluster'
import type { Engines, EnginesOptions, PostgresPort, RedisPort } from 'onecount'
import { redisFromEnv } from 'onecount/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { uuidOf } from '../support/kinds'
import { ARTICLES, config, startSeveralKinds } from '../support/several-kinds'

const ana = uuidOf('ana')

const stores = forAllTests(startSeveralKinds)
const started: Engines[] = []
beforeEach(() => stores.begin())
afterEach(async () => {
  await Promise.all(started.splice(0).map(({ drainer }) => drainer.stop({ budgetMs: 0 })))
})

/** Engines whose calls are noted: scripts by their names and keys, looks at Postgres by their kinds. */
function watched(options: Partial<EnginesOptions> = {}) {
  const ports = { ...stores.ports(), ...options }
  const calls: { name: string; keys: number }[] = []
  const run: RedisPort['run'] = (script, keys, args) => {
    calls.push({ name: script, keys: keys.length })
    return ports.redis!.run(script, keys, args)
  }
  const postgres: EnginesOptions['postgres'] = kind => {
    const port = ports.postgres(kind)
    const status: PostgresPort['status'] = partition => {
      calls.push({ name: kind.name, keys: 0 })
      return port.status(partition)
    }
    return { ...port, status }
  }
  const { isCluster } = ports.redis!
  const engines = stores.instance({ ...options, redis: { isCluster, run }, postgres })
  started.push(engines)
  return { engines, calls, count: (name: string) => calls.filter(call => call.name === name).length }
}

describe('processes with nothing to do', () => {
  it('look at the queues of all kinds with one call, and write nothing', async () => {
    const { engines, calls, count } = watched({ drain: { idleMs: 20 } })
    await engines.drainer.flush()
    engines.drainer.start()
    await expect.poll(() => count('look')).toBeGreaterThan(1)
    calls.length = 0
    await expect.poll(() => Math.min(count('like'), count('bookmark'))).toBeGreaterThan(10)
    expect(new Set(calls.map(({ name }) => name))).toEqual(new Set(['look', 'like', 'bookmark']))
    expect(count('look')).toBeLessThanOrEqual(Math.min(count('like'), count('bookmark')) + 1)
  })

  it('look in turns: four of them, with two kinds each, as often as one with one', async () => {
    const IDLE_MS = 200
    await stores.instance().drainer.flush()
    const four = Array.from({ length: 4 }, () => watched({ drain: { idleMs: IDLE_MS } }))
    for (const { engines } of four) engines.drainer.start()
    const looks = () => four.reduce((sum, { count }) => sum + count('look'), 0)
    // Each has begun, and has its first turn.
    await expect.poll(looks).toBeGreaterThanOrEqual(4)
    const [before, began] = [looks(), performance.now()]
    await expect.poll(looks).toBeGreaterThanOrEqual(before + 8)
    expect(looks() - before).toBeLessThan((performance.now() - began) / IDLE_MS + 3)
  })

  it('find the pending ops of one kind while the queue of the other cannot be read', async () => {
    const said: string[] = []
    const log = { warn: (line: string) => void said.push(line) }
    await stores.redis.set(stores.keysOf('bookmark').q, 'no queue')
    const { engines } = watched({ log, drain: { lingerMs: 1, idleMs: 20, maxBackoffMs: 50 } })
    engines.drainer.start()
    await expect.poll(() => said).toEqual([expect.stringMatching(/^bookmark: drain paused: /)])
    const { like } = stores.instance().kinds
    for (const article of ['1', '2']) {
      await like.set(article, ana, true)
      await expect.poll(() => stores.rows('like', article)).toEqual([ana])
    }
    expect(said).toHaveLength(1)
  })
})

describe('a Redis Cluster', () => {
  it('has the queues of all kinds of a partition in one slot: a look finds the pending ops of each', async () => {
    const cluster = await startRedisCluster()
    const open = () => redisFromEnv({ REDIS_URL: cluster.urls.join() }, { commandTimeout: 20_000 })!
    const connections = [open(), open()]
    const [first, second] = connections.map(({ port }) => port)
    try {
      for (const kind of Object.values(config.kinds)) await stores.ports().postgres(kind).setPartitions(4)
      const { engines, calls } = watched({
        redis: first!,
        partitions: 4,
        drain: { lingerMs: 1, idleMs: 20 },
      })
      await engines.drainer.flush()
      engines.drainer.start()
      const { kinds } = stores.instance({ redis: second!, partitions: 4 })
      for (const article of ARTICLES) {
        await kinds.like.set(article, ana, true)
        await kinds.bookmark.set(article, 'ana', true)
      }
      await expect.poll(async () => (await engines.health()).pending).toBe(0)
      for (const article of ARTICLES)
        expect([await stores.rows('like', article), await stores.rows('bookmark', article)]).toEqual([
          [ana],
          ['ana'],
        ])
      expect(new Set(calls.filter(({ name }) => name === 'look').map(({ keys }) => keys))).toEqual(
        new Set([3]),
      )
    } finally {
      await started.splice(0)[0]?.drainer.stop({ budgetMs: 0 })
      for (const { client } of connections) client.disconnect()
      await cluster.stop()
    }
  })
})
