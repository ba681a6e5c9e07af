import { beforeEach, describe, expect, it } from 'vitest'
import { NOTHING, type RepairOptions, repairAll } from '../src/cli/repair'
import { applyAll, EXISTING, nowOp, repairRpc, startExisting, type World } from './support/existing'
import { forAllTests } from './support/for-all-tests'

const existing = forAllTests(startExisting)
let world: World
beforeEach(async () => {
  world = await existing.begin()
})

describe('the repair', () => {
  const POSTS_BAD = 2000
  const RATINGS_BAD = 30_000
  beforeEach(async () => {
    await world.sql.unsafe(EXISTING)
    await applyAll(world.sql)
    await world.sql.unsafe(`
      set onecount.applying = 'on';
      insert into posts_new (id, likes)
      select ('50050002-aaaa-bbbb-cccc-' || lpad(n::text, 12, '0'))::uuid, 0 from generate_series(1, ${POSTS_BAD}) n;
      insert into post_ratings (post_id, session_id, op)
      select ('50050002-aaaa-bbbb-cccc-' || lpad((1 + n % ${POSTS_BAD})::text, 12, '0'))::uuid, 's' || n,
             9007199254740993
        from generate_series(1, ${RATINGS_BAD}) n;
      reset onecount.applying`)
  })
  const bad = async () =>
    (
      await world.sql`select (select count(*)::integer from post_ratings where op > ${String(nowOp() + 1e8)}) as ratings,
                      (select count(*)::integer from posts_new where likes = 0) as posts`
    )[0]!

  it.each([
    ['ratings', 3, { posts: POSTS_BAD }],
    ['posts', 2, { ratings: 0 }],
  ] as const)('is stopped among the %s, and goes on when it is run again', async (step, pages, untouched) => {
    const stop = new AbortController()
    let seen = 0
    const first = { ...NOTHING }
    const onPage: RepairOptions['onPage'] = done => {
      if (done.step === step && ++seen === pages) stop.abort()
    }
    const options = { dryRun: false, pageSize: 100, signal: stop.signal, onPage }
    await expect(repairAll(repairRpc(world.sql), options, first)).rejects.toThrow()
    const between = await bad()
    expect(between).toMatchObject(untouched)
    expect(between.ratings + between.posts).toBeGreaterThan(0)
    const second = await world.repair({ pageSize: 100 })
    expect(first.opsInFuture + second.opsInFuture).toBe(RATINGS_BAD)
    expect(first.likesBelowRatings + second.likesBelowRatings).toBe(POSTS_BAD)
    expect(await bad()).toEqual({ ratings: 0, posts: 0 })
  })

  it('runs twice at once, and counts everything once, while people like', async () => {
    const likes: Promise<unknown>[] = []
    let more = true
    const people = (async () => {
      for (let n = 1; more; n++) {
        const post = `50050002-aaaa-bbbb-cccc-${String(1 + (n % POSTS_BAD)).padStart(12, '0')}`
        likes.push(world.onecount.set(post, `during-${n}`, true, { ack: 'postgres' }))
        if (likes.length % 20 === 0) await likes.at(-1)
      }
    })()
    const both = await Promise.all([world.repair({ pageSize: 100 }), world.repair({ pageSize: 100 })])
    more = false
    await people
    await Promise.all(likes)
    await world.onecount.drainer.flush()
    expect(both[0].opsInFuture + both[1].opsInFuture).toBe(RATINGS_BAD)
    expect(await world.repair()).toEqual(NOTHING)
    const [row] = await world.sql`
      select count(*)::integer as n from posts_new p
       where likes <> (select count(*) from post_ratings where post_id = p.id)`
    expect(row!.n).toBe(0)
    const [rows] = await world.sql`select count(*)::integer as n from post_ratings`
    expect(rows!.n).toBe(RATINGS_BAD + likes.length)
  })

  it('does not wait for rows that a transaction holds, and takes them when they are free', async () => {
    const holder = await world.sql.reserve()
    await holder`begin`
    await holder`select from post_ratings where session_id = 's7' for update`
    let waits = 0
    const repairing = world.repair({
      onPage() {
        waits++
      },
    })
    await expect.poll(async () => (await bad()).ratings).toBe(1)
    await expect.poll(() => waits).toBeGreaterThan(RATINGS_BAD / 500 + 1)
    await holder`rollback`
    holder.release()
    expect((await repairing).opsInFuture).toBe(RATINGS_BAD)
  })
})
