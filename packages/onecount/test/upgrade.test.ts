import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PairOp, PostgresPort } from '../src/core/ports'
import { chainOf, newest } from '../src/testing/postgres/harness'
import { beside } from './support/beside'
import { connect, ownersTables } from './support/databases'
import { applyAll, applyVersionBefore } from './support/existing'
import { forAllTests } from './support/for-all-tests'
import { type Random, seeded } from './support/random'
import { type VersionBefore, versionBefore } from './support/version-before'

const POSTS = [0, 1, 2].map(i => `70070000-0000-4000-8000-00000000000${i}`)
const SESSIONS = ['a', 'b', 'c', 'd']
const BASE = 10
const T = 1_795_000_000_000_000

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let sql: Sql
let port: PostgresPort
let before: VersionBefore
let databases = 0
beforeEach(async () => {
  sql = connect(await server.createDatabase(`upgrade${databases++}`))
  port = postgresJsPort(sql, { timeoutMs: 30_000 })
  before = versionBefore(sql)
  await applyVersionBefore(sql)
  await sql`insert into profiles (id, username, display_name, avatar_url)
    values ('0a000000-0000-4000-8000-000000000001', 'lucia_nature', 'L', '')`
  await ownersTables(sql).addPosts(POSTS.map(id => ({ id, likes: BASE })))
})
afterEach(() => sql.end())

const pair = ({ postId, sessionId }: Omit<PairOp, 'op'>) => `${postId}|${sessionId}`

/** One to four pairs, each with an op that is greater or smaller than others. */
function somePairs(random: Random): PairOp[] {
  const pairs = Array.from({ length: 1 + random.below(4) }, () => ({
    postId: random.pick(POSTS),
    sessionId: random.pick(SESSIONS),
    op: 2 * (T + random.below(100_000)) + random.below(2),
  }))
  return [...new Map(pairs.map(of => [pair(of), of])).values()]
}

/** The greatest op of every pair. */
function createTruth() {
  const ops: Record<string, number> = {}
  return {
    ops,
    add(pairs: PairOp[]): void {
      for (const of of pairs) ops[pair(of)] = Math.max(of.op, ops[pair(of)] ?? 0)
    },
  }
}

/** Postgres holds the greatest op of every pair, and likes are the base and the rows. */
async function expectHeld(ops: Record<string, number>): Promise<void> {
  const held = await sql`select post_id as "postId", session_id as "sessionId", op from post_ratings
    union all select post_id, session_id, op from like_tombstones`
  expect(newest(held.map(row => ({ ...row, op: Number(row.op) }) as PairOp))).toEqual(ops)
  const wrong = await sql`select id, likes from posts_new p
    where likes <> ${BASE} + (select count(*) from post_ratings where post_id = p.id)`
  expect(wrong).toEqual([])
}

/** A Redis of this version that holds every post and every session: as of its cut, and what it was told since. */
function createRedis() {
  let cut = ''
  let batches = 0
  const ops: Record<string, number> = {}
  const likes: Record<string, number> = {}

  async function hydrate(): Promise<void> {
    for (const of of Object.keys(ops)) delete ops[of]
    for (const sessionId of SESSIONS) {
      const query = { partition: 0, postIds: POSTS, sessionId, pairs: [], most: 100 }
      const { receipt, posts, session } = await port.snapshot(query)
      if (receipt !== cut) return hydrate()
      for (const post of posts) likes[post.postId] = post.likes
      for (const { postId, op } of session!.ops) ops[pair({ postId, sessionId })] = op
    }
  }

  return {
    ops,
    likes,
    /** One batch; answers the rows that it told, null where it was rejected: then everything is hydrated anew. */
    async drain(pairs: PairOp[] = [], limit = 100): Promise<PairOp[] | null> {
      const entries = pairs.map(of => ({ ...of, rev: 0 }))
      const nonce = `batch-${batches++}`
      const result = await port.sync({ partition: 0, parent: cut, nonce, entries, limit })
      if (result.status === 'foreign' || result.status === 'repartitioned')
        throw new Error(`a batch was ${result.status}`)
      cut = result.receipt
      if (result.status === 'rejected') {
        await hydrate()
        return null
      }
      for (const { postId, likes: of } of result.posts) likes[postId] = of
      for (const of of [...entries, ...result.rows]) ops[pair(of)] = Math.max(of.op, ops[pair(of)] ?? 0)
      return result.rows
    },
  }
}

async function drainAll(redis: ReturnType<typeof createRedis>): Promise<PairOp[]> {
  const told: PairOp[] = []
  for (;;) {
    const rows = await redis.drain()
    told.push(...(rows ?? []))
    if (rows?.length === 0) return told
  }
}

async function expectTold(redis: ReturnType<typeof createRedis>, ops: Record<string, number>): Promise<void> {
  expect(redis.ops).toEqual(ops)
  const held = await port.likes(null, 10)
  expect(redis.likes).toEqual(Object.fromEntries(held.map(({ postId, likes }) => [postId, likes])))
  expect(await sql`select from like_log_sums where change <> 0`).toHaveLength(0)
  expect(await port.status(0)).toMatchObject({ unseen: 0 })
}

describe('a database of the version before', () => {
  it('is migrated while people like, and the drain of this version tells all of it', async () => {
    await seeded(async random => {
      const truth = createTruth()
      const late = createTruth()
      let calls = 0
      let isMigrated = false
      let isOpen = true
      const press = async () => {
        while (isOpen) {
          const pairs = somePairs(random)
          const isLate = isMigrated
          await before.write(pairs, T)
          truth.add(pairs)
          if (isLate) late.add(pairs)
          calls++
        }
      }
      const drain = async () => {
        while (isOpen) {
          const pairs = somePairs(random)
          if (await before.drain(pairs)) truth.add(pairs)
        }
      }
      const working = Promise.all([press(), press(), press(), drain()])
      await beside(working, expect.poll(() => calls).toBeGreaterThan(100))
      expect((await applyAll(sql)).length).toBeGreaterThan(0)
      // The first process of this version begins to drain.
      await port.sync({ partition: 0, parent: '', nonce: 'first', entries: [], limit: 1 })
      isMigrated = true
      const so = calls
      await beside(working, expect.poll(() => calls).toBeGreaterThan(so + 100))
      isOpen = false
      await working
      await expectHeld(truth.ops)

      const redis = createRedis()
      const told = newest(await drainAll(redis))
      await expectTold(redis, truth.ops)
      const untold = Object.entries(late.ops).filter(
        ([of, op]) => op === truth.ops[of] && (told[of] ?? 0) < op,
      )
      expect(untold).toEqual([])
    })
  })

  it('goes on serving the version before beside this one, and nothing is lost', async () => {
    await applyAll(sql)
    await seeded(async random => {
      const truth = createTruth()
      const redis = createRedis()
      for (let step = 0; step < 400; step++) {
        const pairs = somePairs(random)
        const act = random.below(6)
        if (act === 0) await before.write(pairs, T)
        else if (act === 1) {
          while (!(await before.drain(pairs, 1 + random.below(5))));
        } else if (act === 2) {
          await port.write(
            pairs.map(of => ({ ...of, liked: of.op % 2 === 1 })),
            T,
          )
        } else if (act === 3) {
          while (!(await redis.drain(pairs, random.below(5))));
        } else {
          const session = random.pick(SESSIONS)
          const { snapshots, states } = await before.read(POSTS, session)
          for (const { likes, sessions } of snapshots) expect(likes).toBe(BASE + sessions.length)
          for (const { post, op } of states)
            expect(op).toBe(truth.ops[pair({ postId: post, sessionId: session })] ?? 0)
          continue
        }
        truth.add(pairs)
        await expectHeld(truth.ops)
        if (random.chance(0.05)) {
          await drainAll(redis)
          await expectTold(redis, truth.ops)
        }
      }
      await drainAll(redis)
      await expectTold(redis, truth.ops)
    })
  })

  it('notes of the version before go once this one drains, and its batch finds another receipt', async () => {
    await applyAll(sql)
    const redis = createRedis()
    await drainAll(redis)
    const eva = { postId: POSTS[0]!, sessionId: 'eva', op: 2 * T + 1 }
    await before.write([eva], T)
    expect(await sql`select from like_unseen`).toHaveLength(1)
    expect(await redis.drain()).toEqual([eva])
    expect(redis.likes[POSTS[0]!]).toBe(BASE + 1)
    expect(await sql`select from like_unseen`).toHaveLength(0)
    expect(await before.drain([])).toBe(false)
  })

  it('a batch that functions without a kept answer have applied is answered as the tables have it', async () => {
    await applyAll(sql)
    const chain = chainOf(port)
    await chain.drain([{ postId: POSTS[0]!, sessionId: 'a', op: 2 * T + 1 }])
    const [{ drain }] = (await sql`
      select pg_get_functiondef(p.oid) as drain from pg_proc p where proname = 'onecount_drain'`) as unknown as [
      { drain: string },
    ]
    const keeping = 'update public.like_receipt set answer = v_answer where partition = p_partition;'
    expect(drain).toContain(keeping)
    expect(drain).toContain(', answer = null')
    await sql.unsafe(drain.replace(keeping, '').replace(', answer = null', ''))
    const batch = chain.batch([{ postId: POSTS[1]!, sessionId: 'b', op: 2 * T + 1 }])
    const first = await port.sync(batch)
    expect(first).toMatchObject({ status: 'applied', posts: [{ postId: POSTS[1], likes: BASE + 1 }] })
    await sql.unsafe(drain)
    expect(await port.sync(batch)).toEqual(first)
  })
})
