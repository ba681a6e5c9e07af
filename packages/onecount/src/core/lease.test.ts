import { awakeNow } from '@onecount/dev-stack/awake'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../../test/support/for-all-tests'
import { type Interrupted, interrupted } from '../../test/support/interrupted'
import { startStores } from '../../test/support/stores'
import type { LoopOptions } from './loop'
import { createOnecount, type Onecount } from './onecount'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
/** As a process in which a like has just been pressed. */
const NUDGED: LoopOptions = { lingerMs: 1, idleMs: 0 }

const stores = forAllTests(startStores)
let running: Onecount[]
beforeEach(async () => {
  await stores.begin([POST])
  running = []
})
afterEach(() => Promise.all(running.map(onecount => onecount.drainer.stop({ budgetMs: 0 }))))

function instance(drain: LoopOptions, ports = interrupted(stores.ports())) {
  const onecount = createOnecount({ ...ports, drain, log: { warn() {} }, settings: { batchSize: 20 } })
  running.push(onecount)
  return { onecount, ports }
}

/** Leaves so many likes pending in Redis, with no drain loop that is running. */
async function backlog(likes: number): Promise<void> {
  const onecount = stores.instance({ drain: { idleMs: 0 } })
  await onecount.drainer.flush()
  await Promise.all(Array.from({ length: likes }, (_, i) => onecount.set(POST.id, `s${i}`, true)))
}

const likes = async () => (await stores.compare(POST)).postgres.count - POST.base
const calls = (all: { ports: Interrupted }[], call: string) =>
  all.reduce((sum, { ports }) => sum + ports.count(call), 0)

describe('the lease of the drain', () => {
  it('lets one of a dozen processes drain the backlog while the others wait', async () => {
    await backlog(400)
    const dozen = Array.from({ length: 12 }, () => instance(NUDGED))
    for (const { onecount } of dozen) onecount.drainer.start()
    for (const { onecount } of dozen) onecount.drainer.nudge()
    await expect.poll(likes).toBe(400)
    const busy = dozen.filter(({ ports }) => ports.count('postgres.sync') > 0)
    expect(busy).toHaveLength(1)
    expect(calls(dozen, 'redis.collect')).toBeLessThanOrEqual(2 * dozen.length)
  })

  it('is released when no op is pending: the process that gets the next press drains at once', async () => {
    const [first, second] = [instance(NUDGED), instance(NUDGED)]
    for (const { onecount } of [first, second]) onecount.drainer.start()
    await first!.onecount.set(POST.id, 'ana', true)
    await expect.poll(likes).toBe(1)
    await expect.poll(() => stores.redis.exists(stores.keys.lease)).toBe(0)
    const began = awakeNow()
    await second!.onecount.set(POST.id, 'bea', true)
    await expect.poll(likes, { interval: 5 }).toBe(2)
    expect(awakeNow() - began).toBeLessThan(1000)
  })

  it('runs out when its holder is gone: another one drains within two seconds', async () => {
    await backlog(100)
    // It is gone: nothing is asked of it any more.
    const dying = instance(NUDGED)
    running = []
    dying.ports.fail('hangs', 'postgres.sync')
    dying.onecount.drainer.start()
    dying.onecount.drainer.nudge()
    await expect.poll(() => stores.redis.exists(stores.keys.lease)).toBe(1)

    const other = instance(NUDGED)
    other.onecount.drainer.start()
    const began = awakeNow()
    other.onecount.drainer.nudge()
    await expect.poll(likes, { interval: 10 }).toBe(100)
    expect(awakeNow() - began).toBeLessThan(2000)
  })

  it('does not hold up a call of flush', async () => {
    await backlog(10)
    await stores.redis.set(stores.keys.lease, `another|${Date.now() + 1000}`)
    const { onecount } = instance(NUDGED)
    expect(await onecount.drainer.flush()).toMatchObject({ more: false })
    expect(await likes()).toBe(10)
    await onecount.set(POST.id, 'ana', true, { ack: 'postgres' })
    expect(await likes()).toBe(11)
  })

  it('does not stop the drain where its key is of another type', async () => {
    await backlog(10)
    await stores.redis.rpush(stores.keys.lease, 'a list')
    await stores.redis.rpush(stores.keys.turns(20), 'a list')
    const { onecount } = instance({ lingerMs: 1, idleMs: 20 })
    onecount.drainer.start()
    await expect.poll(likes).toBe(10)
  })
})

describe('processes with nothing to do', () => {
  it('look in turns: a dozen as often as one', async () => {
    const IDLE_MS = 200
    const [onecount] = [stores.instance()]
    await onecount!.drainer.flush()
    const dozen = Array.from({ length: 12 }, () => instance({ idleMs: IDLE_MS }))
    for (const { onecount } of dozen) onecount.drainer.start()
    const looks = () => calls(dozen, 'redis.look')
    // Each has begun, and has its first turn.
    await expect.poll(looks).toBeGreaterThanOrEqual(12)
    const [before, began] = [looks(), performance.now()]
    await expect.poll(looks).toBeGreaterThanOrEqual(before + 12)
    expect(looks() - before).toBeLessThan((performance.now() - began) / IDLE_MS + 3)
  })

  it('find the backlog of a process that is gone', async () => {
    const { onecount } = instance({ idleMs: 50 })
    await onecount.drainer.flush()
    onecount.drainer.start()
    await backlog(10)
    await expect.poll(likes).toBe(10)
  })

  it('do not look at Redis with idleMs 0', async () => {
    const { onecount, ports } = instance({ idleMs: 0, lingerMs: 1 })
    await onecount.drainer.flush()
    ports.calls.length = 0
    onecount.drainer.start()
    await expect.poll(() => ports.count('redis.status')).toBe(1)
    await onecount.set(POST.id, 'ana', true)
    await expect.poll(likes).toBe(1)
    expect(ports.count('redis.look')).toBe(0)
  })
})
