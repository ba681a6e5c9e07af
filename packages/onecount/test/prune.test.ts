import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { beside } from './support/beside'
import { forAllTests } from './support/for-all-tests'
import { type Stores, startStores } from './support/stores'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 3 }
const DAY_US = 86_400_000_000
const daysAgo = (days: number): number => Date.now() * 1000 - days * DAY_US

const stores = forAllTests(startStores)
let port: ReturnType<Stores['ports']>['postgres']
beforeAll(async () => {
  port = stores.ports().postgres
})
beforeEach(async () => {
  await stores.begin([POST])
  await stores.sql`delete from like_log`
  await stores.sql`delete from like_log_sums`
  await stores.sql`update like_settings set pruned_at = '-infinity', has_redis = false`
})

const press = (sessionId: string, op: number) =>
  port.write([{ postId: POST.id, sessionId, op, liked: op % 2 === 1 }], Date.now() * 1000)
const count = async (table: string) =>
  Number((await stores.sql.unsafe(`select count(*) as n from ${table}`))[0]!.n)

async function prune(days = 90): Promise<void> {
  await stores.sql`update like_settings set pruned_at = '-infinity'`
  while (await port.prune(days));
}

describe('a row that Postgres deletes in time', () => {
  it('is an unlike from long ago, and no like', async () => {
    await press('ana', 2 * daysAgo(100))
    await press('bea', 2 * daysAgo(80))
    await press('cem', 2 * daysAgo(100) + 1)
    await prune()
    expect((await stores.sql`select session_id from like_tombstones`).map(row => row.session_id)).toEqual([
      'bea',
    ])
    expect((await stores.compare(POST)).postgres).toEqual({ count: 4, members: ['cem'] })
  })

  it('is forgotten once an hour, however many callers ask', async () => {
    await prune()
    await press('ana', 2 * daysAgo(100))
    expect(await port.prune(90)).toBe(false)
    expect(await count('like_tombstones')).toBe(1)
  })

  it('is more than a page of it', async () => {
    await stores.sql`insert into like_tombstones (post_id, session_id, op)
      select ${POST.id}, 's' || n, ${2 * daysAgo(100)} from generate_series(1, 2500) n`
    await prune()
    expect(await count('like_tombstones')).toBe(0)
  })
})

describe('the log for Redis', () => {
  it('is empty while no Redis drains', async () => {
    await press('ana', 2 * daysAgo(0) + 1)
    expect(await count('like_log')).toBe(0)
    expect((await port.status(0)).unseen).toBe(0)
  })

  it('begins with the first drain, which finds every post as it is', async () => {
    await press('ana', 2 * daysAgo(0) + 1)
    const onecount = stores.instance()
    await onecount.drainer.flush()
    expect((await onecount.read([POST.id])).get(POST.id)).toMatchObject({ count: 4, source: 'redis' })
    await press('bea', 2 * daysAgo(0) + 1)
    expect((await port.status(0)).unseen).toBe(1)
    await onecount.drainer.flush()
    expect((await onecount.read([POST.id])).get(POST.id)).toMatchObject({ count: 5, source: 'redis' })
    expect((await port.status(0)).unseen).toBe(0)
  })

  it('ends when Redis has not been told for a week; one that comes back begins anew', async () => {
    const onecount = stores.instance()
    await onecount.drainer.flush()
    await onecount.read([POST.id])
    await press('ana', 2 * daysAgo(0) + 1)
    await prune()
    expect(await count('like_log')).toBe(1)
    await stores.sql`update like_log set at = now() - interval '8 days'`
    await prune()
    expect(await count('like_log')).toBe(0)
    expect(await count('like_log_sums')).toBe(0)
    await press('bea', 2 * daysAgo(0) + 1)
    expect(await count('like_log')).toBe(0)

    await onecount.drainer.flush()
    expect((await onecount.read([POST.id], 'bea')).get(POST.id)).toMatchObject({
      count: 5,
      liked: true,
      source: 'redis',
    })
    await onecount.set(POST.id, 'cem', true, { ack: 'postgres' })
    expect((await stores.compare(POST)).postgres.count).toBe(6)
  })

  it('begins while people press: each press is counted once', async () => {
    const alone = stores.instance({ redis: null })
    let isOver = false
    let pressed = 0
    const lives = Array.from({ length: 8 }, async (_, i) => {
      while (!isOver) {
        await alone.set(POST.id, `s${i}-${pressed}`, true)
        pressed++
      }
    })
    const crowd = Promise.all(lives)
    await beside(crowd, expect.poll(() => pressed).toBeGreaterThan(50))
    const onecount = stores.instance()
    await onecount.drainer.flush()
    await onecount.read([POST.id])
    const reached = pressed
    await beside(crowd, expect.poll(() => pressed).toBeGreaterThan(reached + 50))
    isOver = true
    await crowd
    await onecount.drainer.flush()
    expect((await onecount.read([POST.id])).get(POST.id)).toMatchObject({
      count: POST.base + pressed,
      source: 'redis',
    })
  })
})
