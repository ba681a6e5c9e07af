import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type LocalSupabase, startSupabase } from '@onecount/dev-stack/supabase'
import type { SupabaseClient } from '@supabase/supabase-js'
import type { Sql, TransactionSql } from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connect, migrate, ownersTables, supabaseClient } from './support/databases'
import { forAllTests } from './support/for-all-tests'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const PRIVATE = [
  'post_ratings',
  'like_tombstones',
  'like_unseen',
  'like_receipt',
  'like_refused',
  'like_log',
  'like_log_sums',
  'like_settings',
]
const ROLES = ['anon', 'authenticated'] as const

/** Hosted projects give every new table and function to everybody; row level security is what they rely on. */
const HOSTED_DEFAULTS = `
  do $$ begin
    create role anon nologin; create role authenticated nologin; create role service_role nologin bypassrls;
  exception when duplicate_object then null; end $$;
  alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
  alter default privileges in schema public grant all on functions to anon, authenticated, service_role;`

/** Triggers of rows that an application's own users may edit, and what the owner of the tables alone may do. */
const DEFINERS = [
  'onecount_rated_by_hand()',
  'onecount_post_by_hand()',
  'onecount_revise_by_hand()',
  'onecount_clamp_likes()',
  'onecount_first_likes()',
  'onecount_renamed()',
  'onecount_repair_constraints(boolean)',
]

/** A policy that an application may have so that authors can edit their posts. */
const PERMISSIVE = `
  grant insert, update on posts_new to anon, authenticated;
  create policy "anybody edits" on posts_new for update using (true) with check (true);
  create policy "anybody writes" on posts_new for insert with check (true);`

const server = forAllTests(() => startPostgresServer({ fsync: false }))

async function prepare(name: string, before = '', after = ''): Promise<{ url: string; owner: Sql }> {
  const url = await server.createDatabase(name)
  const owner = connect(url)
  await owner.unsafe(before)
  await migrate(url)
  await owner.unsafe(after)
  return { url, owner }
}

/** Everything that counts, to show that nothing has changed. */
const everything = (owner: Sql | TransactionSql) =>
  owner`select p.*, (select json_agg(r order by r.session_id) from post_ratings r where r.post_id = p.id) as ratings
          from posts_new p order by id`

async function onePost(owner: Sql): Promise<void> {
  const tables = ownersTables(owner)
  await tables.clear()
  await owner`select onecount_begin_logging()`
  await tables.addPosts([{ id: POST, likes: 446 }])
  await owner`select onecount_press(
    array[${POST}, ${POST}]::uuid[], array['ana', 'ben'], array[3590000000000003, 3590000000000004],
    1795000000000001, null)`
  await owner`select onecount_fallback(${POST}, 'ben', 3590000000000006, 1795000000000001)`
  await owner`insert into like_receipt values (0, 'a receipt')`
  await owner`
    insert into like_refused (post_id, session_id, op, sqlstate, message)
    values (${POST}, 'eve', 3590000000000005, 'P0001', 'no') on conflict do nothing`
}

const ATTEMPTS = [
  'update posts_new set likes = 9999',
  'update posts_new set likes_rev = 9999',
  `insert into posts_new select gen_random_uuid(), author_id, 'x', '', '', now(), 9999 from posts_new`,
  'insert into posts_new select p.* from posts_new p on conflict (id) do update set likes = 9999',
  `insert into post_ratings (post_id, session_id) values ('${POST}', 'eve')`,
  `update post_ratings set session_id = 'eve'`,
  'delete from post_ratings',
  'delete from posts_new',
]

describe.each([
  ['a bare database', 'bare', '', ''],
  ['a hosted project', 'hosted', HOSTED_DEFAULTS, ''],
  ['a project whose posts everybody may edit', 'permissive', HOSTED_DEFAULTS, PERMISSIVE],
])('on %s', (_, name, before, after) => {
  let owner: Sql
  beforeAll(async () => {
    ;({ owner } = await prepare(name, before, after))
  })
  afterAll(() => owner.end())
  beforeEach(() => onePost(owner))

  const as = (role: string, text: string) =>
    owner.begin(async sql => {
      await sql.unsafe(`set local role ${role}`)
      return [...(await sql.unsafe(text))]
    })

  it.each(ATTEMPTS)('a role with the right to run it changes rows by: %s', async text => {
    const before = await everything(owner)
    await owner
      .begin(async sql => {
        await sql.unsafe(text)
        expect(await everything(sql)).not.toEqual(before)
        throw new Error('roll back')
      })
      .catch(error => expect(error.message).toBe('roll back'))
  })

  describe.each(ROLES)('%s', role => {
    it('reads posts and authors', async () => {
      expect(await as(role, 'select likes from posts_new')).toEqual([{ likes: 447 }])
      expect(await as(role, 'select username from profiles')).toEqual([{ username: 'lucia_nature' }])
    })

    it.each(ATTEMPTS)('changes no count by: %s', async text => {
      const unchanged = await everything(owner)
      await as(role, text).catch(() => {})
      expect(await everything(owner)).toEqual(unchanged)
    })

    it.each(PRIVATE)('cannot read %s', async table => {
      await expect(as(role, `select * from ${table}`)).rejects.toThrow('permission denied')
    })

    it('deletes posts where a policy lets it, and Redis is told', async () => {
      const told = await owner
        .begin(async sql => {
          await sql.unsafe(`grant delete on posts_new to ${role}`)
          await sql.unsafe(`create policy "authors delete" on posts_new for delete to ${role} using (true)`)
          await sql.unsafe(`set local role ${role}`)
          await sql`delete from posts_new where id = ${POST}`
          await sql`reset role`
          const rows = await sql`select session_id from like_log where post_id = ${POST}`
          throw Object.assign(new Error('roll back'), { rows })
        })
        .catch(error => error.rows ?? error)
      expect([...told]).toEqual([{ session_id: '' }])
    })

    it('cannot call any function of the engine', async () => {
      const functions = await owner`
        select p.proname as name, p.oid::regprocedure::text as signature, p.prorettype = 'trigger'::regtype as trigger
          from pg_proc p where p.proname like 'onecount%'`
      expect(functions.length).toBeGreaterThan(6)
      for (const { name: called, signature, trigger } of functions) {
        if (trigger) continue
        const nulls = signature
          .replace(/^[^(]*\(|\)$/g, '')
          .split(',')
          .filter(Boolean)
        const call = `select public.${called}(${nulls.map((type: string) => `null::${type}`).join(', ')})`
        await expect(as(role, call), signature).rejects.toThrow('permission denied for function')
      }
    })
  })

  /** Empty; where triggers of the application run, its schemas, and the one in which everyone may create comes last. */
  const FIXED_PATHS = /^search_path=(""|(public, )?(extensions, )?pg_temp)$/

  it('every function of the engine is for the service role alone, with a fixed search path', async () => {
    const functions = await owner`
      select p.oid::regprocedure::text as signature, p.prosecdef as definer, p.proconfig as config,
             has_function_privilege('anon', p.oid, 'execute') as anon,
             has_function_privilege('authenticated', p.oid, 'execute') as authenticated,
             has_function_privilege('service_role', p.oid, 'execute') as service,
             exists (select from aclexplode(p.proacl) where grantee = 0) as everybody
        from pg_proc p where p.proname like 'onecount%'`
    for (const { signature, ...rest } of functions) {
      const { config, ...grants } = rest
      expect(config[0], signature).toMatch(FIXED_PATHS)
      for (const setting of config.slice(1))
        expect(setting, signature).toMatch(/^(enable_\w+|plan_cache_mode|jit)=/)
      expect(grants, signature).toEqual({
        definer: DEFINERS.includes(signature),
        anon: false,
        authenticated: false,
        service: true,
        everybody: false,
      })
    }
  })

  it('every table of the engine has row level security and belongs to the server', async () => {
    const tables = await owner`
      select relname as name, relrowsecurity as rls,
             has_table_privilege('anon', oid, 'select, insert, update, delete') as anon,
             has_table_privilege('authenticated', oid, 'select, insert, update, delete') as authenticated
        from pg_class where relkind = 'r' and (relname like 'like\\_%' or relname = 'post_ratings') order by 1`
    expect(tables.map(t => t.name)).toEqual([...PRIVATE].sort())
    for (const { name: table, ...rest } of tables)
      expect(rest, table).toEqual({ rls: true, anon: false, authenticated: false })
  })

  it('realtime carries posts, never who liked them', async () => {
    const published =
      await owner`select tablename from pg_publication_tables where pubname = 'supabase_realtime'`
    expect(published.map(t => t.tablename)).toEqual(['posts_new'])
  })
})

describe('over the REST interface, with the publishable key', () => {
  let supabase: LocalSupabase
  let owner: Sql
  let anon: SupabaseClient
  beforeAll(async () => {
    const database = await prepare('rest', HOSTED_DEFAULTS, PERMISSIVE)
    owner = database.owner
    supabase = await startSupabase({ databaseUrl: database.url })
    anon = supabaseClient(supabase.url, supabase.publishableKey)
  })
  afterAll(async () => {
    await supabase?.stop()
    await owner?.end()
  })
  beforeEach(() => onePost(owner))

  it('posts and authors can be read', async () => {
    const { data } = await anon.from('posts_new').select('likes, author:profiles(username)')
    expect(data).toEqual([{ likes: 447, author: { username: 'lucia_nature' } }])
  })

  it('the policy of the application lets captions be edited, but no count', async () => {
    await anon.from('posts_new').update({ caption: 'Oso' }).eq('id', POST).throwOnError()
    const unchanged = await everything(owner)
    for (const values of [{ likes: 9999 }, { likes_rev: 9999 }, { caption: 'x', likes: 0 }]) {
      const { error } = await anon.from('posts_new').update(values).eq('id', POST)
      expect(error?.message).toContain('counted by the server')
    }
    await anon.from('posts_new').upsert({ ...unchanged[0], likes: 9999, ratings: undefined })
    expect(await everything(owner)).toEqual(unchanged)
  })

  it('no rating can be written or removed', async () => {
    const unchanged = await everything(owner)
    await anon.from('post_ratings').insert({ post_id: POST, session_id: 'eve' })
    await anon.from('post_ratings').delete().eq('post_id', POST)
    await anon.from('posts_new').delete().eq('id', POST)
    expect(await everything(owner)).toEqual(unchanged)
  })

  it.each(PRIVATE)('%s cannot be read', async table => {
    expect(await owner`select 1 from ${owner(table)}`).not.toHaveLength(0)
    const { data } = await anon.from(table).select('*')
    expect(data ?? []).toEqual([])
  })

  it('no function of the engine can be called', async () => {
    const functions = await owner`
      select proname as name, proargnames as args from pg_proc
       where proname like 'onecount%' and prorettype <> 'trigger'::regtype`
    for (const { name, args } of functions) {
      const nulls = Object.fromEntries(((args ?? []) as string[]).map(arg => [arg, null]))
      const { data, error } = await anon.rpc(name, nulls)
      expect({ name, data, refused: error !== null }).toEqual({ name, data: null, refused: true })
      expect(error?.message, name).toContain('permission denied')
    }
  })
})
