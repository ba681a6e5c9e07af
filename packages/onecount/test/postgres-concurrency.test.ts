import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { postgresJsPort, postgresPort } from 'onecount/postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { partitionOf } from '../src/core/keys'
import { isLikedOp } from '../src/core/op'
import type { PairOp, PostgresPort } from '../src/core/ports'
import { chainOf } from '../src/testing/postgres/harness'
import { connect } from './support/databases'
import { forAllTests } from './support/for-all-tests'
import { type Random, seeded } from './support/random'
import { createSoundDatabase, type SoundDatabase } from './support/sound-database'

const POSTS = [0, 1, 2, 3].map(i => `70070000-0000-4000-8000-00000000000${i}`)
const [POST] = POSTS as [string]
const T = 1_795_000_000_000_000
const OP = 2 * T + 1

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let database: SoundDatabase
let port: PostgresPort
beforeAll(async () => {
  database = await createSoundDatabase(server, 'at_once')
  port = postgresJsPort(database.sql, { timeoutMs: 30_000 })
})
afterAll(() => database?.sql.end())
beforeEach(async () => {
  await database.clear()
  await database.addPosts(POSTS.map(id => ({ id, likes: 10 })))
})

const expectSound = () => database.expectSound(10)

const waiting = async () => {
  const [row] = await database.sql`select count(*)::integer as n from pg_stat_activity
    where wait_event_type = 'Lock' and query like '%onecount_%'`
  return row!.n as number
}

const deadlocks = async () => {
  const [row] = await database.sql`select deadlocks::integer as n, pg_stat_clear_snapshot()
    from pg_stat_database where datname = current_database()`
  return row!.n as number
}

describe('calls at the same time', () => {
  it('of two drains of one batch one waits, and both have the same answer', async () => {
    const cut = chainOf(port)
    await cut.drain()
    await port.write([{ postId: POST, sessionId: 'ben', op: OP, liked: true }], T)
    const batch = cut.batch([{ postId: POST, sessionId: 'ana', op: OP }])
    const holder = connect(database.url, { max: 1 })
    await holder.unsafe(`begin; select from posts_new where id = '${POST}' for update`)
    const both = [port.sync(batch), port.sync(batch)]
    await expect.poll(waiting).toBe(2)
    await holder.unsafe('commit')
    await holder.end()
    const [one, other] = await Promise.all(both)
    expect(one).toEqual(other)
    expect(one).toMatchObject({
      status: 'applied',
      rows: [{ postId: POST, sessionId: 'ben', op: OP }],
      posts: [{ postId: POST, likes: 12 }],
    })
    await expectSound()
  })

  it('a drain waits for a press of what it tells, also of a post that is none of its own', async () => {
    const cut = chainOf(port)
    await cut.drain()
    await port.write([{ postId: POST, sessionId: 'ben', op: OP, liked: true }], T)
    const presser = connect(database.url, { max: 1 })
    await presser.unsafe('begin')
    await postgresJsPort(presser).write([{ postId: POST, sessionId: 'eva', op: OP, liked: true }], T)
    const drained = cut.drain()
    await expect.poll(waiting).toBe(1)
    await presser.unsafe('commit')
    await presser.end()
    expect(await drained).toMatchObject({ rows: [{ sessionId: 'ben' }], posts: [{ likes: 11 }] })
    expect((await expectSound()).sums).toEqual({ [POST]: 1 })
  })

  it('a batch waits for a rating that another writer inserts without locking its post, and takes it over', async () => {
    const cut = chainOf(port)
    await cut.drain()
    const writer = connect(database.url, { max: 1 })
    await writer.unsafe(`
      begin; set local onecount.applying = 'on';
      insert into post_ratings (post_id, session_id, op) values ('${POST}', 'ana', 3)`)
    const ops = ['ana', 'ben'].map(sessionId => ({ postId: POST, sessionId, op: OP }))
    const drained = port.sync(cut.batch(ops))
    await expect.poll(waiting).toBe(1)
    await writer.unsafe('commit')
    await writer.end()
    expect(await drained).toMatchObject({
      status: 'applied',
      posts: [{ postId: POST, likes: 11 }],
      refused: [],
    })
    const rows = await database.sql`select session_id, op::text from post_ratings order by session_id`
    expect(rows).toEqual(ops.map(({ sessionId }) => ({ session_id: sessionId, op: String(OP) })))
  })

  it('a press that waits with another transaction in a circle is made again', async () => {
    // PostgreSQL ends the one that looks first, and it looks once.
    const hasty = connect(database.url, { max: 1, connection: { deadlock_timeout: 3000 } })
    const other = connect(database.url, { max: 1, connection: { deadlock_timeout: 60_000 } })
    const [first, second] = POSTS as [string, string]
    const lock = (id: string) => other.unsafe(`select from posts_new where id = '${id}' for update`)
    await other.unsafe('begin')
    await lock(second)
    const write = { sessionId: 'ana', op: OP, liked: true }
    const pressed = postgresJsPort(hasty, { timeoutMs: 30_000 }).write(
      [first, second].map(postId => ({ ...write, postId })),
      T,
    )
    await expect.poll(waiting).toBe(1)
    await lock(first)
    await other.unsafe('commit')
    expect(await pressed).toMatchObject([
      { status: 'applied', state: { count: 11, liked: true, op: OP } },
      { status: 'applied', state: { count: 11, liked: true, op: OP } },
    ])
    // A connection says what became of its transactions when it ends.
    await Promise.all([hasty.end(), other.end()])
    await expect.poll(deadlocks).toBeGreaterThan(0)
    // The third attempt would have been the last.
    expect(await deadlocks()).toBeLessThan(3)
    await expectSound()
  })

  it('a press that deadlocks again stands back longer, and is given up after three attempts', async () => {
    const attempts: number[] = []
    const failing = (code: string) =>
      postgresPort(async () => {
        attempts.push(performance.now())
        throw Object.assign(new Error('undone'), { code })
      }).write([{ postId: POST, sessionId: 'ana', op: OP, liked: true }], T)
    await expect(failing('40P01')).rejects.toMatchObject({ name: 'StoreUnavailable', isUndone: true })
    const [first, second, third] = attempts as [number, number, number]
    expect(attempts).toHaveLength(3)
    // Timers may be a millisecond early.
    expect(second - first).toBeGreaterThan(48)
    expect(third - second).toBeGreaterThan(98)
    await expect(failing('57P01')).rejects.toMatchObject({ name: 'StoreUnavailable' })
    expect(attempts).toHaveLength(4)
  })

  it('a batch whose post is gone when it is merged, and there when it is answered, comes again', async () => {
    const cut = chainOf(port)
    await cut.drain()
    const [gone, there] = POSTS as [string, string]
    await database.removePost(gone)
    // Both are inserted with the batch as a whole, and one again once a post was found to be gone.
    await database.sql.unsafe(`
      create sequence inserts;
      create function wait_at_third() returns trigger language plpgsql as $$ begin
        if nextval('public.inserts') = 3 then perform pg_advisory_xact_lock(7); end if;
        return new;
      end $$;
      create trigger wait_at_third before insert on post_ratings for each row execute function wait_at_third()`)
    const holder = connect(database.url, { max: 1 })
    try {
      await holder`select pg_advisory_lock(7)`
      const batch = cut.batch([gone, there].map(postId => ({ postId, sessionId: 'ana', op: OP })))
      const drained = port.sync(batch)
      drained.catch(() => {})
      await expect
        .poll(
          async () =>
            (await database.sql`select from pg_locks where locktype = 'advisory' and not granted`).length,
        )
        .toBe(1)
      await database.addPosts([{ id: gone, likes: 10 }])
      await holder`select pg_advisory_unlock(7)`
      await expect(drained).rejects.toMatchObject({ name: 'StoreUnavailable', isUndone: true })
      expect(await database.sql`select from post_ratings`).toHaveLength(0)
      const again = await port.sync(batch)
      expect(again).toMatchObject({ status: 'applied', refused: [] })
      const told = (again as { posts: { postId: string; likes: number }[] }).posts
      expect(new Map(told.map(post => [post.postId, post.likes]))).toEqual(
        new Map([
          [gone, 11],
          [there, 11],
        ]),
      )
    } finally {
      await holder.end()
      await database.sql.unsafe('drop function wait_at_third cascade; drop sequence inserts')
    }
    await expectSound()
  })

  it('drains that begin on a Postgres that no Redis has drained yet do not wait in a circle', async () => {
    await database.sql`update like_settings set has_redis = false`
    await database.sql`insert into like_receipt (partition, nonce) values (0, 'before') on conflict do nothing`
    const [first, last] = [connect(database.url, { max: 1 }), connect(database.url, { max: 1 })]
    await first.unsafe('begin; select onecount_begin_logging()')
    const second = chainOf(port).drain()
    await expect.poll(waiting).toBe(1)
    // This one will have seen the settings, and needs the receipt next.
    const third = last.unsafe(
      'begin; select onecount_partitions(); select from like_receipt for update; commit',
    )
    third.catch(() => {})
    await expect.poll(waiting).toBe(2)
    await first.unsafe('commit')
    await third
    await Promise.all([first.end(), last.end()])
    expect(await second).toMatchObject({ posts: [] })
  })

  it('a snapshot is of one moment, whatever is drained while it is read', async () => {
    const cut = chainOf(port)
    await cut.drain()
    const query = { partition: 0, postIds: [POST], sessionId: 'ana', pairs: [], most: 10 }
    const before = await port.snapshot(query)
    const drainer = connect(database.url, { max: 1 })
    await drainer.unsafe('begin; lock table like_log_sums in access exclusive mode')
    const snapshot = port.snapshot(query)
    await expect.poll(waiting).toBe(1)
    await postgresJsPort(drainer).sync(cut.batch([{ postId: POST, sessionId: 'ana', op: OP }]))
    await drainer.unsafe('commit')
    await drainer.end()
    expect(await snapshot).toEqual(before)
    expect((await port.snapshot(query)).session!.ops).toEqual([{ postId: POST, op: OP }])
  })

  it.each([1, 4])('drains beside presses lose nothing, with %i partitions', async partitions => {
    await database.setPartitions(partitions)
    await seeded(random => race(random, partitions))
  })

  async function race(random: Random, partitions: number): Promise<void> {
    const newest = new Map<string, number>()
    const toldOps = new Map<string, number>()
    const cuts = new Map<string, unknown>()
    const raise = (ops: Map<string, number>, { postId, sessionId, op }: PairOp) =>
      ops.set(`${postId}|${sessionId}`, Math.max(ops.get(`${postId}|${sessionId}`) ?? 0, op))
    const some = (posts: readonly string[]) => {
      const pairs = Array.from({ length: 1 + random.below(6) }, () => ({
        postId: random.pick(posts),
        sessionId: `s${random.below(4)}`,
        op: 2 * (T + random.below(1000)) + random.below(2),
      }))
      return [...new Map(pairs.map(pair => [pair.postId + pair.sessionId, pair])).values()]
    }

    /** Every answer about a cut is the same, whichever function gives it and whenever. */
    function atCut(receipt: string, of: string, what: unknown): void {
      const before = cuts.get(receipt + of)
      if (before !== undefined) expect(what, `${of} at ${receipt}`).toEqual(before)
      cuts.set(receipt + of, what)
    }

    async function reads(): Promise<void> {
      const partition = random.below(partitions)
      const postIds = POSTS.filter(id => partitionOf(id, partitions) === partition)
      const sessionId = `s${random.below(4)}`
      const most = random.pick([0, 100])
      const query = { partition, postIds, sessionId, pairs: postIds, most }
      const { receipt, posts, session } = await port.snapshot(query)
      for (const { postId, likes } of posts) atCut(receipt, postId, likes)
      atCut(receipt, sessionId, new Map(session!.ops.map(({ postId, op }) => [postId, op])))
    }

    async function presses(): Promise<void> {
      for (let i = 0; i < 40; i++) {
        const pairs = some(POSTS)
        const writes = pairs.map(pair => ({ ...pair, liked: isLikedOp(pair.op) }))
        await port.write(writes, T)
        for (const pair of pairs) raise(newest, pair)
      }
    }

    const drains = Array.from({ length: partitions }, (_, partition) => {
      const cut = chainOf(port, partition)
      const posts = POSTS.filter(id => partitionOf(id, partitions) === partition)
      return async (entries = some(posts), limit = 1 + random.below(4)) => {
        const { rows, posts: told, receipt } = await cut.drain(entries, { limit })
        for (const { postId, likes } of told) atCut(receipt, postId, likes)
        for (const row of [...entries, ...rows]) {
          raise(toldOps, row)
          raise(newest, row)
        }
        return rows.length
      }
    })

    let isPressing = true
    const pressing = Promise.all(Array.from({ length: 5 }, presses)).finally(() => {
      isPressing = false
    })
    await Promise.all([
      pressing,
      ...drains.map(async drain => {
        while (isPressing) await drain()
      }),
      (async () => {
        while (isPressing) await reads()
      })(),
    ])
    const { ops } = await expectSound()
    expect(ops).toEqual(Object.fromEntries(newest))
    for (const drain of drains) while ((await drain([], 50)) > 0);
    expect(Object.fromEntries(toldOps)).toEqual(Object.fromEntries(newest))
    expect((await expectSound()).sums).toEqual({})
    expect(await database.sql`select from like_log where nonce is null`).toHaveLength(0)
    expect(await database.sql`select from like_log_sums`).toHaveLength(0)
  }
})
