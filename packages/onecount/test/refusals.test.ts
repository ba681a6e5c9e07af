import { randomUUID } from 'node:crypto'
import { type PostgresPort, StoreRefused, StoreUnavailable } from 'onecount'
import { postgresJsPort, supabasePort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgresServer } from '@/dev/services/postgres-server'
import { startSupabase } from '@/dev/services/supabase'
import { connect, migrate, ownersTables, supabaseClient } from './support/databases'

const T = 1_795_000_000_000_000
const likeAt = (t: number) => 2 * (T + t) + 1
const POSTS = Array.from({ length: 6 }, (_, i) => `70070000-0000-4000-8000-${String(i).padStart(12, '0')}`)
const [FINE, BAD] = POSTS as [string, string]

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgresServer({ fsync: false })
})
afterAll(() => server.stop())

interface Rule {
  make: string
  mend: string
  sqlstate: string
  says: string
}

/** What an application may have that refuses single rows: those of sessions named bad…, or of the post BAD. */
const RULES: Record<string, Rule> = {
  'an integer that overflows': {
    make: `update posts_new set likes = 2147483647 where id = '${BAD}'`,
    mend: `update posts_new set likes = 5 where id = '${BAD}'`,
    sqlstate: '22003',
    says: 'integer out of range',
  },
  'a check constraint': {
    make: `alter table post_ratings add constraint mine check (session_id not like 'bad%') not valid`,
    mend: 'alter table post_ratings drop constraint mine',
    sqlstate: '23514',
    says: 'violates check constraint "mine"',
  },
  'a trigger that raises an exception': {
    make: `create function mine() returns trigger language plpgsql as
             $$ begin raise exception 'session % is barred', new.session_id; end $$;
           create trigger mine before insert on post_ratings for each row when (new.session_id like 'bad%')
             execute function mine()`,
    mend: 'drop function mine cascade',
    sqlstate: 'P0001',
    says: 'is barred',
  },
  'a trigger whose assertion fails': {
    make: `create function mine() returns trigger language plpgsql as
             $$ begin assert false, 'it does not hold'; return new; end $$;
           create trigger mine before insert on post_ratings for each row when (new.session_id like 'bad%')
             execute function mine()`,
    mend: 'drop function mine cascade',
    sqlstate: 'P0004',
    says: 'it does not hold',
  },
  'a trigger that skips the row': {
    make: `create function mine() returns trigger language plpgsql as $$ begin return null; end $$;
           create trigger mine before insert on post_ratings for each row when (new.session_id like 'bad%')
             execute function mine()`,
    mend: 'drop function mine cascade',
    sqlstate: '23000',
    says: 'skips the row',
  },
  'a foreign key': {
    make: `create table people (id text primary key);
           insert into people select 's-' || n from generate_series(0, 40) n;
           grant select on people to service_role;
           alter table post_ratings add constraint mine foreign key (session_id) references people`,
    mend: 'alter table post_ratings drop constraint mine; drop table people',
    sqlstate: '23503',
    says: 'violates foreign key constraint "mine"',
  },
  'a form that sessions must have': {
    make: `alter table post_ratings add constraint mine check (session_id ~ '^s-[0-9]+$') not valid`,
    mend: 'alter table post_ratings drop constraint mine',
    sqlstate: '23514',
    says: 'violates check constraint "mine"',
  },
  'a constraint trigger that is deferred, with a code of its own': {
    make: `create function mine() returns trigger language plpgsql as
             $$ begin raise exception 'not today' using errcode = 'PT403'; end $$;
           create constraint trigger mine after insert on post_ratings deferrable initially deferred
             for each row when (new.session_id like 'bad%') execute function mine()`,
    mend: 'drop function mine cascade',
    sqlstate: 'PT403',
    says: 'not today',
  },
  'a policy': {
    make: `alter role service_role nobypassrls;
           create policy mine on post_ratings to service_role using (true) with check (session_id not like 'bad%');
           create policy rest on posts_new to service_role using (true);
           create policy rest on like_tombstones to service_role using (true);
           create policy rest on like_unseen to service_role using (true);
           create policy rest on like_receipt to service_role using (true);
           create policy rest on like_refused to service_role using (true)`,
    mend: `alter role service_role bypassrls;
           drop policy mine on post_ratings;
           drop policy rest on posts_new; drop policy rest on like_tombstones; drop policy rest on like_unseen;
           drop policy rest on like_receipt; drop policy rest on like_refused`,
    sqlstate: '42501',
    says: 'row-level security policy',
  },
  'a unique index': {
    make: `insert into post_ratings (post_id, session_id) values ('${POSTS[2]}', 'bad-before');
           create unique index mine on post_ratings (left(session_id, 4)) where session_id like 'bad%'`,
    mend: 'drop index mine',
    sqlstate: '23505',
    says: 'duplicate key',
  },
}

/** What refuses every like alike. */
const FAULTS: Record<string, Rule> = {
  'a column that is gone': {
    make: 'alter table post_ratings rename column created_at to made_at',
    mend: 'alter table post_ratings rename column made_at to created_at',
    sqlstate: '42703',
    says: 'does not exist',
  },
  'a grant that is gone': {
    make: 'revoke insert on post_ratings from service_role',
    mend: 'grant all on post_ratings to service_role',
    sqlstate: '42501',
    says: 'permission denied',
  },
  'a column without a default': {
    make: 'alter table post_ratings add column app_user text; alter table post_ratings add check (app_user is not null) not valid',
    mend: 'alter table post_ratings drop column app_user',
    sqlstate: '23514',
    says: 'violates check constraint',
  },
  'a trigger that skips every row': {
    make: `create function mine() returns trigger language plpgsql as $$ begin return null; end $$;
           create trigger mine before update on posts_new for each row execute function mine()`,
    mend: 'drop function mine cascade',
    sqlstate: '23000',
    says: 'skips the row',
  },
  // Connections that have planned as a role that bypasses policies plan anew once the table has changed.
  'a policy that is gone': {
    make: 'alter role service_role nobypassrls; alter table post_ratings enable row level security; create policy rest on posts_new to service_role using (true); create policy rest on like_receipt to service_role using (true); create policy rest on like_unseen to service_role using (true)',
    mend: 'alter role service_role bypassrls; drop policy rest on posts_new; drop policy rest on like_receipt; drop policy rest on like_unseen',
    sqlstate: '42501',
    says: 'row-level security policy',
  },
}

/** Postgres through each of the drivers, as the service role. */
const DRIVERS = {
  'postgres.js': async (url: string) => {
    const sql = connect(url, { connection: { role: 'service_role' } as never })
    return { port: postgresJsPort(sql), close: () => sql.end() }
  },
  'supabase-js': async (url: string) => {
    const supabase = await startSupabase({ databaseUrl: url })
    return {
      port: supabasePort(supabaseClient(supabase.url, supabase.secretKey)),
      close: () => supabase.stop(),
    }
  },
}

describe.each(Object.entries(DRIVERS))('through %s', (driver, open) => {
  let sql: Sql
  let port: PostgresPort
  let close: () => Promise<unknown>
  let parent: string
  beforeAll(async () => {
    const url = await server.createDatabase(`refusals_${driver.replace(/\W/g, '_')}`)
    await migrate(url)
    sql = connect(url, { max: 2 })
    ;({ port, close } = await open(url))
  }, 60_000)
  afterAll(async () => {
    await close()
    await sql.end()
  })
  beforeEach(async () => {
    await ownersTables(sql).clear()
    await sql`delete from like_refused`
    await ownersTables(sql).addPosts(POSTS.map(id => ({ id, likes: 5 })))
    parent = 'unknown'
    const rejected = await sync([])
    parent = rejected.status === 'rejected' ? rejected.receipt : ''
  })

  async function sync(entries: { postId: string; sessionId: string; op: number }[]) {
    const nonce = randomUUID()
    const result = await port.sync({
      partition: 0,
      parent,
      nonce,
      entries: entries.map(entry => ({ ...entry, rev: T })),
      seen: [],
      limit: 1000,
    })
    if (result.status === 'applied') parent = nonce
    return result
  }

  async function during<R>({ make, mend }: Rule, work: () => Promise<R>): Promise<R> {
    await sql.unsafe(make)
    try {
      return await work()
    } finally {
      await sql.unsafe(mend)
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
      const result = await sync(ops)
      if (result.status !== 'applied') throw new Error(result.status)
      const { refused } = result
      expect(refused.map(({ postId, sessionId, op }) => ({ postId, sessionId, op }))).toEqual(bad)
      for (const { sqlstate, message } of refused) {
        expect(sqlstate).toBe(rule.sqlstate)
        expect(message).toContain(rule.says)
      }
      expect(await stored()).toBe(38)
      expect(await port.status(0)).toMatchObject({ refused: 2 })
      // A drainer that died before it could tell Redis sends them again.
      expect(await sync(ops)).toMatchObject({ status: 'applied', refused: [{}, {}] })
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
        await sync(ops.filter(op => !bad.includes(op)).slice(0, 2))
        for (const op of bad) expect(await sync([op])).toMatchObject({ status: 'applied', refused: [op] })
        expect(await port.write([{ ...bad[0]!, liked: true }], T)).toMatchObject([{ status: 'refused' }])
      })
      expect(await stored()).toBe(2)
      expect(await consistent()).toBe(true)
    },
  )

  it.each(Object.entries(FAULTS))('%s is of no single op: none is set aside', async (_, rule) => {
    await during(rule, async () => {
      const error = await sync(batch(rule)).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(StoreRefused)
      expect(error).toMatchObject({
        store: 'postgres',
        sqlstate: rule.sqlstate,
        message: expect.stringContaining(rule.says),
      })
      const one = { postId: FINE, sessionId: 'ana', op: likeAt(1) }
      expect(await sync([one]).catch((e: unknown) => e)).toBeInstanceOf(StoreRefused)
      const press = port.write([{ ...one, liked: true }], T)
      expect(await press.catch((e: unknown) => e)).toBeInstanceOf(StoreRefused)
    })
    expect(await stored()).toBe(0)
    expect(await port.refused({}, null, 10)).toEqual([])
    expect(await sync(batch(rule))).toMatchObject({ status: 'applied', refused: [] })
  })

  it.each([
    ['that cannot get a lock', 'lock_timeout', '50ms', true],
    ['that takes too long', 'statement_timeout', '50ms', true],
    ['that only reads, as after a failover', 'transaction_read_only', 'on', false],
  ])('a Postgres %s refuses nothing: it is away', async (_, setting, value, isLocked) => {
    await sql.begin(async lock => {
      if (isLocked) await lock`lock table posts_new in access exclusive mode`
      await sql.unsafe(`alter function onecount_spare set ${setting} = '${value}'`)
      const error = await sync([{ postId: FINE, sessionId: 'ana', op: likeAt(1) }]).catch((e: unknown) => e)
      await sql.unsafe(`alter function onecount_spare reset ${setting}`)
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(error).not.toBeInstanceOf(StoreRefused)
    })
    expect(await port.refused({}, null, 10)).toEqual([])
  })

  it('a newer op of the pair takes the place of a refused one', async () => {
    const rule = RULES['a check constraint']!
    const bad = { postId: FINE, sessionId: 'bad-1', op: likeAt(1) }
    await during(rule, async () => {
      await sync([bad])
      expect(await port.status(0)).toMatchObject({ refused: 1 })
      await sync([{ ...bad, op: likeAt(2) }])
      expect(await port.refused({}, null, 10)).toMatchObject([{ op: likeAt(2) }])
      expect(await sync([{ ...bad, op: 2 * (T + 3) }])).toMatchObject({ refused: [] })
      expect(await port.status(0)).toMatchObject({ refused: 0 })
    })
    await sync([bad])
    expect(await port.retryRefused([{ ...bad, op: likeAt(2) }])).toEqual({ landed: 0, refused: 0 })
    expect(await stored()).toBe(0)
  })

  it('what is dropped does not come back, and what lands has its own op', async () => {
    const rule = RULES['a check constraint']!
    const [ana, ben] = ['bad-ana', 'bad-ben'].map(sessionId => ({ postId: FINE, sessionId, op: likeAt(1) }))
    await during(rule, () => sync([ana!, ben!]))
    await port.dropRefused([ana!])
    expect(await port.retryRefused([ana!, ben!])).toEqual({ landed: 1, refused: 0 })
    expect(await ownersTables(sql).rows('post_ratings', FINE)).toEqual([
      { sessionId: 'bad-ben', op: likeAt(1) },
    ])
    expect(await ownersTables(sql).rows('like_unseen', FINE)).toEqual([
      { sessionId: 'bad-ben', op: likeAt(1) },
    ])
  })
})
