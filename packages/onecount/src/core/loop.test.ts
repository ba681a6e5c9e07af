import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { forAllTests } from '../../test/support/for-all-tests'
import { type Interrupted, interrupted } from '../../test/support/interrupted'
import { startStores } from '../../test/support/stores'
import { StoreUnavailable } from './errors'
import type { LoopOptions } from './loop'
import { createOnecount, type Onecount } from './onecount'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
/** Never within a test: only what a test asks for makes the loop work. */
const NEVER = 1_000_000

const stores = forAllTests(startStores)
let ports: Interrupted
let warnings: string[]
let onecount: Onecount
beforeEach(async () => {
  await stores.begin([POST])
  ports = interrupted(stores.ports())
  warnings = []
})
afterEach(() => onecount.drainer.stop({ budgetMs: 0 }))

/** Starts a loop with nothing to do, and waits until it has found that out. */
async function start(drain: LoopOptions, batchSize = 1000): Promise<void> {
  const log = { warn: (message: string) => void warnings.push(message) }
  onecount = createOnecount({
    redis: ports.redis,
    postgres: ports.postgres,
    drain,
    log,
    settings: { batchSize },
  })
  await onecount.drainer.flush()
  await onecount.read([POST.id])
  ports.calls.length = 0
  onecount.drainer.start()
  await expect.poll(() => ports.count('postgres.status')).toBeGreaterThan(0)
  ports.calls.length = 0
}

const like = (session: string) => onecount.set(POST.id, session, true)
const ratings = async () => (await stores.compare(POST)).postgres.members
describe('the drain loop', () => {
  it('drains soon after a like, without waiting for its next look', async () => {
    await start({ lingerMs: 1, idleMs: NEVER })
    await like('ana')
    await expect.poll(ratings).toEqual(['ana'])
  })

  it('makes one batch of many likes', async () => {
    await start({ lingerMs: 500, idleMs: NEVER })
    await Promise.all(Array.from({ length: 40 }, (_, i) => like(`s${i}`)))
    await expect.poll(async () => (await ratings()).length).toBe(40)
    expect(ports.count('postgres.sync')).toBe(1)
  })

  it('drains a backlog larger than one batch in several', async () => {
    await start({ lingerMs: 1, idleMs: NEVER }, 10)
    await Promise.all(Array.from({ length: 35 }, (_, i) => like(`s${i}`)))
    await expect.poll(async () => (await onecount.health()).pending).toBe(0)
    expect(await ratings()).toHaveLength(35)
  })

  it('finds the backlog of another instance', async () => {
    await start({ lingerMs: 1, idleMs: 20 })
    await stores.instance().set(POST.id, 'ana', true)
    await expect.poll(ratings).toEqual(['ana'])
  })

  it('only looks while there is nothing to do: it writes nothing', async () => {
    await start({ lingerMs: 1, idleMs: 5 })
    await expect.poll(() => ports.count('postgres.status')).toBeGreaterThan(3)
    expect(new Set(ports.calls)).toEqual(new Set(['redis.look', 'postgres.status']))
  })

  it('goes on by itself when a store that was away is back, and says so once each', async () => {
    await start({ lingerMs: 1, idleMs: NEVER, maxBackoffMs: 50 })
    ports.fail('never arrives', 'postgres')
    await like('ana')
    await expect.poll(() => warnings).toHaveLength(1)
    expect(await ratings()).toEqual([])
    ports.restore()
    await expect.poll(ratings).toEqual(['ana'])
    const said = ['drain paused: postgres is unreachable (never arrives)', 'drain resumed']
    await expect.poll(() => warnings).toEqual(said)
  })

  it('says nothing of a store that answers again at once', async () => {
    await start({ lingerMs: 1, idleMs: NEVER, maxBackoffMs: 50 })
    ports.failOnce('never arrives', 'postgres.sync')
    await like('ana')
    await expect.poll(ratings).toEqual(['ana'])
    expect(ports.count('postgres.sync')).toBeGreaterThan(1)
    expect(warnings).toEqual([])
  })

  it('stays paused by a refusal while it waits for another one, and says once that it goes on', async () => {
    // Where there is one post alone, its op is set aside.
    await stores.begin([POST, { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 12 }])
    await stores.sql.unsafe('alter table post_ratings add column app text check (app is not null)')
    const other = await stores.sql.reserve()
    const waiting = async () =>
      (await stores.sql`select from pg_stat_activity where wait_event_type = 'Lock'`).length
    try {
      await start({ lingerMs: 1, idleMs: NEVER, maxBackoffMs: 20 })
      await like('ana')
      await expect.poll(() => warnings).toEqual([expect.stringContaining('postgres refuses the call')])
      await other`begin`
      await other`select from like_receipt for update`
      await expect.poll(waiting).toBe(1)
      expect(await onecount.health()).toMatchObject({ paused: 'refused' })
    } finally {
      await other.unsafe('alter table post_ratings drop column app')
      await other`commit`
      other.release()
    }
    await expect.poll(ratings).toEqual(['ana'])
    await expect.poll(() => warnings.slice(1)).toEqual(['drain resumed'])
  })

  it('drains the pending ops when it is stopped, and does nothing afterwards', async () => {
    await start({ lingerMs: NEVER, idleMs: NEVER })
    await like('ana')
    await onecount.drainer.stop()
    expect(await ratings()).toEqual(['ana'])
    await like('ben')
    ports.calls.length = 0
    onecount.drainer.nudge()
    await new Promise(resolve => setImmediate(resolve))
    expect(ports.calls).toEqual([])
  })

  it('can be stopped while a store is away: ops that were not drained stay pending', async () => {
    await start({ lingerMs: NEVER, idleMs: NEVER })
    await like('ana')
    ports.fail('never arrives', 'postgres')
    await onecount.drainer.stop()
    ports.restore()
    expect(await onecount.health()).toMatchObject({ pending: 1 })
    expect(warnings).toEqual([expect.stringContaining('drain stopped, ops stay pending: ')])
  })

  it('does not say again, when it is stopped, what it is paused by', async () => {
    await start({ lingerMs: 1, idleMs: NEVER, maxBackoffMs: 50 })
    ports.fail('never arrives', 'postgres')
    await like('ana')
    await expect.poll(() => warnings).toHaveLength(1)
    await onecount.drainer.stop()
    ports.restore()
    expect(warnings).toEqual(['drain paused: postgres is unreachable (never arrives)'])
  })

  it('remembers a nudge from before it was started', async () => {
    await start({ lingerMs: NEVER, idleMs: NEVER })
    await onecount.drainer.stop()
    await like('ana')
    onecount.drainer.start()
    await expect.poll(ratings).toEqual(['ana'])
  })

  it('has nothing to drain without Redis', async () => {
    onecount = createOnecount({ redis: null, postgres: ports.postgres })
    expect(await onecount.drainer.flush()).toEqual({ drained: 0, more: false })
  })
})

describe('while a store is unreachable', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('the pauses double up to the longest, and nudges do not shorten them', async () => {
    const attempts: number[] = []
    const away = () => {
      attempts.push(Date.now())
      return Promise.reject(new StoreUnavailable('redis', 'away'))
    }
    onecount = createOnecount({
      redis: { run: away },
      postgres: ports.postgres,
      drain: { lingerMs: 1, idleMs: 10, maxBackoffMs: 1000 },
      log: { warn() {} },
    })
    onecount.drainer.nudge()
    onecount.drainer.start()
    const nudging = setInterval(() => onecount.drainer.nudge(), 7)
    await vi.advanceTimersByTimeAsync(5000)
    clearInterval(nudging)
    const pauses = attempts.slice(1).map((at, i) => at - attempts[i]!)
    expect(pauses.slice(0, 5)).toEqual([200, 400, 800, 1000, 1000])
  })
})
