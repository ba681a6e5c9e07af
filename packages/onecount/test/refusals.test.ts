import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startSupabase } from '@onecount/dev-stack/supabase'
import { type PostgresPort, StoreRefused, StoreUnavailable } from 'onecount'
import { postgresJsPort, supabasePort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Chain, chainOf } from '../src/testing/postgres/harness'
import { connect, migrate, ownersTables, supabaseClient } from './support/databases'
import { forAllTests } from './support/for-all-tests'
import { BAD, FAULTS, FINE, POSTS, RULES, type Rule } from './support/rules'

const T = 1_795_000_000_000_000
const likeAt = (t: number) => 2 * (T + t) + 1

const server = forAllTests(() => startPostgresServer({ fsync: false }))

/** The deadline of a call that is expected to be late: longer than Postgres waits for a lock below. */
const HASTY = { timeoutMs: 1000 }

/** Postgres through each of the drivers, as the service role; `hasty`: with a short deadline. */
const DRIVERS = {
  'postgres.js': async (url: string) => {
    const sql = connect(url, { connection: { role: 'service_role' } as never })
    return { port: postgresJsPort(sql), hasty: postgresJsPort(sql, HASTY), close: () => sql.end() }
  },
  'supabase-js': async (url: string) => {
    const supabase = await startSupabase({ databaseUrl: url })
    const client = supabaseClient(supabase.url, supabase.secretKey)
    return {
      port: supabasePort(client),
      hasty: supabasePort(client, HASTY),
      close: () => supabase.stop(),
    }
  },
}

describe.each(Object.entries(DRIVERS))('through %s', (driver, open) => {
  let sql: Sql
  let port: PostgresPort
  let hasty: PostgresPort
  let close: () => Promise<unknown>
  let chain: Chain
  beforeAll(async () => {
    const url = await server.createDatabase(`refusals_${driver.replace(/\W/g, '_')}`)
    await migrate(url)
    sql = connect(url, { max: 2 })
    ;({ port, hasty, close } = await open(url))
  })
  afterAll(async () => {
    await close()
    await sql.end()
  })
  beforeEach(async () => {
    await ownersTables(sql).clear()
    await sql`delete from like_refused`
    await ownersTables(sql).addPosts(POSTS.map(id => ({ id, likes: 5 })))
    chain = chainOf(port)
    await chain.drain()
  })

  async function during<R>({ make, undo }: Rule, work: () => Promise<R>): Promise<R> {
    await sql.unsafe(make)
    try {
      return await work()
    } finally {
      await sql.unsafe(undo)
    }
  }

  /** 40 likes, of which the rule refuses two. */
  const batch = (rule: Rule) =>
    Array.from({ length: 40 }, (_, i) => {
      const isBad = i === 7 || i === 31
      const postId = rule.sqlstate === '22003' ? (isBad ? BAD : FINE) : POSTS[i % 6]!
      return { postId, sessionId: `${isBad ? 'bad' : 's'}-${i}`, op: likeAt(i) }
    })
  const stored = async () =>
    (await sql`select session_id, op from post_ratings where session_id not like 'bad-before%'`).length
  const consistent = async () =>
    (
      await sql`
      select id, likes - (select count(*) from post_ratings where post_id = id) as base from posts_new
       where likes < 2000000000 and likes - (select count(*) from post_ratings where post_id = id) <> 5`
    ).length === 0

  it.each(Object.entries(RULES))('%s sets the refused ops aside and stops no other', async (_, rule) => {
    const ops = batch(rule)
    const bad = ops.filter(op => op.sessionId.startsWith('bad'))
    await during(rule, async () => {
      const { refused } = await chain.drain(ops)
      expect(refused.map(({ postId, sessionId, op }) => ({ postId, sessionId, op }))).toEqual(bad)
      for (const { sqlstate, message } of refused) {
        expect(sqlstate).toBe(rule.sqlstate)
        expect(message).toContain(rule.says)
      }
      expect(await stored()).toBe(38)
      expect(await port.status(0)).toMatchObject({ refused: 2 })
      // A drainer that died before it could tell Redis sends them again.
      expect(await chain.drain(ops)).toMatchObject({ status: 'applied', refused: [{}, {}] })
      expect(await port.refused({}, null, 10)).toHaveLength(2)
      expect(await port.refused({ sessionId: bad[0]!.sessionId }, null, 10)).toMatchObject([bad[0]])
      const set = await port.refused({}, null, 10)
      expect(await port.retryRefused(set)).toEqual({ landed: 0, refused: 2 })
      expect(
        await port.write(
          ops.map(op => ({ ...op, op: op.op + 2, liked: true })),
          T,
        ),
      ).toMatchObject(ops.map(op => ({ status: bad.includes(op) ? 'refused' : 'applied' })))
      expect(await port.write([{ ...bad[0]!, liked: true }], T)).toMatchObject([{ status: 'refused' }])
    })
    expect(await consistent()).toBe(true)
    expect(await port.retryRefused(await port.refused({}, null, 10))).toEqual({ landed: 2, refused: 0 })
    expect(await stored()).toBe(40)
    expect(await consistent()).toBe(true)
    expect(await port.status(0)).toMatchObject({ refused: 0 })
  })

  it.each(Object.entries(RULES))(
    '%s sets the refused op aside also where it comes alone',
    async (_, rule) => {
      const ops = batch(rule)
      const bad = ops.filter(op => op.sessionId.startsWith('bad'))
      await during(rule, async () => {
        await chain.drain(ops.filter(op => !bad.includes(op)).slice(0, 2))
        for (const op of bad)
          expect(await chain.drain([op])).toMatchObject({ status: 'applied', refused: [op] })
        expect(await port.write([{ ...bad[0]!, liked: true }], T)).toMatchObject([{ status: 'refused' }])
      })
      expect(await stored()).toBe(2)
      expect(await consistent()).toBe(true)
    },
  )

  it.each(Object.entries(FAULTS))('%s is of no single op: none is set aside', async (_, rule) => {
    await during(rule, async () => {
      const error = await chain.drain(batch(rule)).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(StoreRefused)
      expect(error).toMatchObject({
        store: 'postgres',
        sqlstate: rule.sqlstate,
        message: expect.stringContaining(rule.says),
      })
      const one = { postId: FINE, sessionId: 'ana', op: likeAt(1) }
      expect(await chain.drain([one]).catch((e: unknown) => e)).toBeInstanceOf(StoreRefused)
      const press = port.write([{ ...one, liked: true }], T)
      expect(await press.catch((e: unknown) => e)).toBeInstanceOf(StoreRefused)
    })
    expect(await stored()).toBe(0)
    expect(await port.refused({}, null, 10)).toEqual([])
    expect(await chain.drain(batch(rule))).toMatchObject({ status: 'applied', refused: [] })
  })

  it.each([
    ['that cannot get a lock', 'lock_timeout', '50ms', true],
    ['that takes too long', 'statement_timeout', '50ms', true],
    ['that only reads, as after a failover', 'transaction_read_only', 'on', false],
  ])('a Postgres %s refuses nothing: it is away', async (_, setting, value, isLocked) => {
    const late = chainOf(hasty)
    await late.drain()
    await sql.begin(async lock => {
      if (isLocked) await lock`lock table posts_new in access exclusive mode`
      await sql.unsafe(`alter function onecount_merge_whole set ${setting} = '${value}'`)
      const error = await late
        .drain([{ postId: FINE, sessionId: 'ana', op: likeAt(1) }])
        .catch((e: unknown) => e)
      await sql.unsafe(`alter function onecount_merge_whole reset ${setting}`)
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(error).not.toBeInstanceOf(StoreRefused)
    })
    expect(await port.refused({}, null, 10)).toEqual([])
  })

  it('a trigger of the application finds its tables without their schema, as in its own code', async () => {
    await sql.unsafe(`
      create table notices (session_id text);
      grant all on notices to service_role;
      create function noticed() returns trigger language plpgsql as
        $$ begin insert into notices values (coalesce(new.session_id, old.session_id)); return null; end $$;
      create trigger noticed after insert or delete on post_ratings for each row execute function noticed();
      create function counted() returns trigger language plpgsql as
        $$ begin if new.likes > 5 then insert into notices values ('likes'); end if; return new; end $$;
      create trigger counted before update on posts_new for each row execute function counted()`)
    try {
      const like = { postId: FINE, sessionId: 'ana', op: likeAt(1) }
      expect(await chain.drain([like])).toMatchObject({ status: 'applied', refused: [] })
      expect(await port.write([{ ...like, op: 2 * (T + 2), liked: false }], T)).toMatchObject([
        { status: 'applied' },
      ])
      expect(await sql`select session_id from notices order by 1`).toEqual([
        { session_id: 'ana' },
        { session_id: 'ana' },
        { session_id: 'likes' },
      ])
      expect(await port.removePost(FINE)).toBe(true)
    } finally {
      await sql.unsafe('drop function noticed cascade; drop function counted cascade; drop table notices')
    }
  })

  it('a newer op of the pair takes the place of a refused one', async () => {
    const rule = RULES['a check constraint']!
    const bad = { postId: FINE, sessionId: 'bad-1', op: likeAt(1) }
    await during(rule, async () => {
      await chain.drain([bad])
      expect(await port.status(0)).toMatchObject({ refused: 1 })
      await chain.drain([{ ...bad, op: likeAt(2) }])
      expect(await port.refused({}, null, 10)).toMatchObject([{ op: likeAt(2) }])
      expect(await chain.drain([{ ...bad, op: 2 * (T + 3) }])).toMatchObject({ refused: [] })
      expect(await port.status(0)).toMatchObject({ refused: 0 })
    })
    await chain.drain([bad])
    expect(await port.retryRefused([{ ...bad, op: likeAt(2) }])).toEqual({ landed: 0, refused: 0 })
    expect(await stored()).toBe(0)
  })

  it('an op that is dropped does not come back, and one that lands keeps its op', async () => {
    const rule = RULES['a check constraint']!
    const [ana, ben] = ['bad-ana', 'bad-ben'].map(sessionId => ({ postId: FINE, sessionId, op: likeAt(1) }))
    await during(rule, () => chain.drain([ana!, ben!]))
    await port.dropRefused([ana!])
    expect(await port.retryRefused([ana!, ben!])).toEqual({ landed: 1, refused: 0 })
    expect(await ownersTables(sql).rows('post_ratings', FINE)).toEqual([
      { sessionId: 'bad-ben', op: likeAt(1) },
    ])
    expect((await chain.drain()).rows).toEqual([{ postId: FINE, sessionId: 'bad-ben', op: likeAt(1) }])
  })
})
