import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Onecount } from 'onecount'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connect } from './support/databases'
import { type Stores, startStores } from './support/stores'

const BIN = join(import.meta.dirname, '../bin/onecount.mjs')
const POSTS = Array.from({ length: 12 }, (_, i) => ({
  id: `50050001-aaaa-bbbb-cccc-${String(i).padStart(12, '0')}`,
  base: 10 * i,
}))
const [POST, OTHER] = POSTS as [(typeof POSTS)[0], (typeof POSTS)[0]]
const SECRET = 'x'.repeat(40)

let stores: Stores
let app: Onecount
let elsewhere: string

beforeAll(async () => {
  stores = await startStores()
  elsewhere = await mkdtemp(join(tmpdir(), 'onecount-cli-'))
})
afterAll(async () => {
  await stores.stop()
  await rm(elsewhere, { recursive: true })
})

/** Every post is in both stores, liked by ana and ben. */
beforeEach(async () => {
  await stores.begin(POSTS)
  app = stores.instance()
  await app.hydrateAll()
  for (const { id } of POSTS) for (const session of ['ana', 'ben']) await app.set(id, session, true)
  await app.drainOnce()
})

function run(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: elsewhere,
    env: {
      NODE_ENV: 'test',
      PATH: process.env.PATH,
      REDIS_URL: stores.redisUrl,
      DATABASE_URL: stores.databaseUrl,
      ONECOUNT_SECRET: SECRET,
      ...env,
    },
  })
  const output = { out: '', err: '' }
  child.stdout.on('data', data => {
    output.out += data
  })
  child.stderr.on('data', data => {
    output.err += data
  })
  return new Promise<{ code: number | null; out: string; err: string }>(resolve =>
    child.on('close', code => resolve({ code, ...output })),
  )
}

const json = async (args: string[]) => {
  const { code, out, err } = await run([...args, '--json'])
  return { code, report: out ? JSON.parse(out) : null, err }
}

const agrees = async (post: { id: string; base: number }) => {
  const { redis, postgres } = await stores.compare(post)
  expect(redis).toEqual(postgres)
  return redis
}

describe('onecount verify', () => {
  it('exits 0 when the stores agree, whatever is pending or cold', async () => {
    await app.set(POST.id, 'cleo', true)
    await stores.redis.del(stores.keys.meta(OTHER.id))
    const { code, report } = await json(['verify'])
    expect(report).toEqual({ posts: POSTS.length, differences: 0, cold: 1, listed: [] })
    expect(code).toBe(0)
  })

  it('names the post and the sessions that only one store has, and exits 1', async () => {
    await stores.unnoticed(async sql => {
      await sql`delete from post_ratings where post_id = ${POST.id} and session_id = 'ana'`
      await sql`update posts_new set likes = likes - 1 where id = ${POST.id}`
      await sql`insert into post_ratings (post_id, session_id, op) values (${OTHER.id}, 'dora', 3)`
      await sql`update posts_new set likes = likes + 1 where id = ${OTHER.id}`
    })
    const { code, report } = await json(['verify'])
    expect(code).toBe(1)
    expect(report.listed).toEqual([
      { postId: POST.id, redisCount: 2, postgresCount: 1, onlyRedis: ['ana'], onlyPostgres: [] },
      { postId: OTHER.id, redisCount: 12, postgresCount: 13, onlyRedis: [], onlyPostgres: ['dora'] },
    ])
    const { out } = await run(['verify'])
    expect(out).toMatch(new RegExp(`${POST.id} +2 +1 +ana`))
    expect(out).toContain('12 posts compared, 2 differ, 0 not in Redis')
    expect(out).toContain('npx onecount reconcile')
  })

  it('finds a count that differs although the same people like the post', async () => {
    await stores.unnoticed(sql => sql`update posts_new set likes = likes + 5 where id = ${POST.id}`)
    const { code, report } = await json(['verify', '--post', POST.id])
    expect(code).toBe(1)
    expect(report).toMatchObject({ posts: 1, differences: 1, listed: [{ redisCount: 2, postgresCount: 7 }] })
    expect((await run(['verify', '--post', OTHER.id])).code).toBe(0)
  })

  it('is not deceived by likes that flow meanwhile', async () => {
    let ended = false
    const verified = json(['verify']).finally(() => {
      ended = true
    })
    app.drain.start()
    for (let n = 0; !ended; n++) {
      await Promise.all(POSTS.map(({ id }) => app.set(id, `visitor-${n % 40}`, n % 80 < 40)))
    }
    app.drain.stop()
    expect(await verified).toMatchObject({ code: 0, report: { differences: 0 } })
  })

  it('takes a sample, and goes on after a post', async () => {
    expect((await json(['verify', '--sample', '5'])).report.posts).toBe(5)
    expect((await json(['verify', '--after', POSTS[8]!.id])).report.posts).toBe(3)
  })

  it.each([
    [['--post', 'x'], '--post x is no post id'],
    [['--sample', '0'], '--sample 0 is no number'],
    [['--fast'], '--fast'],
    [['--sample', '3', '--after', POSTS[3]!.id], 'use one of them'],
  ])('exits 2 with %j, and says what is wrong', async (args, words) => {
    const { code, err } = await run(['verify', ...args])
    expect(code).toBe(2)
    expect(err).toContain(words)
  })

  it.each([
    [{ REDIS_URL: 'redis://127.0.0.1:9' }, 'Redis does not answer'],
    [{ DATABASE_URL: 'postgres://postgres@127.0.0.1:9/none' }, 'postgres is unreachable'],
    [{ REDIS_URL: '' }, 'REDIS_URL is not set'],
  ])('exits 2 when it cannot compare: %j', async (env, words) => {
    const { code, err } = await run(['verify'], env)
    expect(code).toBe(2)
    expect(err).toContain(words)
  })
})

describe('onecount reconcile', () => {
  beforeEach(() =>
    stores.unnoticed(async sql => {
      await sql`delete from post_ratings where post_id = ${POST.id} and session_id = 'ana'`
      await sql`update posts_new set likes = likes - 1 where id = ${POST.id}`
      await sql`insert into post_ratings (post_id, session_id, op) values (${OTHER.id}, 'dora', 3)`
      await sql`update posts_new set likes = likes + 1 where id = ${OTHER.id}`
    }),
  )

  it('changes nothing with --dry-run', async () => {
    const before = await Promise.all([stores.compare(POST), stores.compare(OTHER)])
    expect(await json(['reconcile', '--dry-run'])).toMatchObject({
      code: 1,
      report: { differences: 2, mended: 0 },
    })
    expect(await Promise.all([stores.compare(POST), stores.compare(OTHER)])).toEqual(before)
  })

  it('makes Redis what Postgres is', async () => {
    expect(await json(['reconcile'])).toMatchObject({
      code: 0,
      report: { differences: 2, mended: 2, left: [] },
    })
    expect(await agrees(POST)).toEqual({ count: 1, members: ['ben'] })
    expect(await agrees(OTHER)).toEqual({ count: 13, members: ['ana', 'ben', 'dora'] })
    expect((await json(['verify'])).code).toBe(0)
  })

  it('makes Postgres what Redis is, with --from redis', async () => {
    expect(await json(['reconcile', '--from', 'redis'])).toMatchObject({ code: 0, report: { mended: 2 } })
    expect(await agrees(POST)).toEqual({ count: 2, members: ['ana', 'ben'] })
    expect(await agrees(OTHER)).toEqual({ count: 12, members: ['ana', 'ben'] })
  })

  it('leaves a count that Postgres alone knows, with --from redis, and says so', async () => {
    await stores.unnoticed(sql => sql`update posts_new set likes = likes + 5 where id = ${POSTS[5]!.id}`)
    const { code, report } = await json(['reconcile', '--from', 'redis'])
    expect(code).toBe(1)
    expect(report).toMatchObject({ differences: 3, mended: 2, left: [{ postId: POSTS[5]!.id }] })
    expect((await json(['reconcile'])).code).toBe(0)
  })

  it('exits 2 when the store to trust is none', async () => {
    const { code, err } = await run(['reconcile', '--from', 'mysql'])
    expect(code).toBe(2)
    expect(err).toContain('--from mysql is no store')
  })
})

describe('onecount moderate', () => {
  it('takes back the likes of a session, also of one that is pending', async () => {
    await app.set(POST.id, 'cleo', true)
    expect(await json(['moderate', 'remove-session', 'cleo'])).toMatchObject({
      code: 0,
      report: { posts: 1 },
    })
    expect(await json(['moderate', 'remove-session', 'ana'])).toMatchObject({
      code: 0,
      report: { posts: POSTS.length, complete: true },
    })
    for (const post of POSTS) expect((await agrees(post)).members).toEqual(['ben'])
  })

  it('gives the likes of one session to another', async () => {
    await app.set(OTHER.id, 'cleo', true)
    const { out } = await run(['moderate', 'merge-sessions', 'cleo', 'account-7'])
    expect(out).toBe('1 post changed\n')
    expect((await agrees(OTHER)).members).toEqual(['account-7', 'ana', 'ben'])
  })

  it('removes a post from both stores', async () => {
    expect((await run(['moderate', 'remove-post', POST.id])).code).toBe(0)
    expect(await stores.redis.exists(stores.keys.likes(POST.id), stores.keys.liked(POST.id))).toBe(0)
    expect(await stores.sql`select 1 from posts_new where id = ${POST.id}`).toHaveLength(0)
  })

  it.each([[['ban', 'ana']], [['remove-session']], [['remove-post', 'x']]])('refuses %j', async args => {
    const { code, err } = await run(['moderate', ...args])
    expect(code).toBe(2)
    expect(err).not.toBe('')
  })
})

interface Finding {
  verdict: string
  check: string
  found: string
  mend?: string
}
const finding = async (check: string): Promise<Finding | undefined> =>
  (await json(['doctor'])).report.findings.find((found: Finding) => found.check === check)

describe('onecount doctor', () => {
  it('fails nothing where all is well, and lists what it looked at', async () => {
    const { code, report } = await json(['doctor'])
    expect(report.failed).toBe(0)
    expect(code).toBe(0)
    const checks = report.findings.map((found: Finding) => found.check)
    for (const check of ['Redis eviction', 'Redis clock', 'functions', 'grants', 'publication', 'backlog'])
      expect(checks).toContain(check)
  })

  it.each<[string, string, string]>([
    [
      'unique keys',
      'alter table like_tombstones drop constraint like_tombstones_pkey cascade',
      'add primary key',
    ],
    ['functions', 'drop function onecount_fallback cascade', 'apply supabase/migrations'],
    ['triggers', 'alter table posts_new disable trigger user', 'apply supabase/migrations'],
    ['grants', 'grant select on post_ratings to anon', 'revoke all'],
    ['row level security', 'alter table like_unseen disable row level security', 'apply supabase/migrations'],
    ['publication', 'alter publication supabase_realtime drop table posts_new', 'add table posts_new'],
    [
      'other triggers',
      `create function mine() returns trigger language plpgsql as
         $$ begin update posts_new set likes = likes + 1; return null; end $$;
       create trigger mine after insert on post_ratings for each row execute function mine()`,
      'drop them',
    ],
  ])('finds what is wrong with %s, and says how to mend it', async (check, damage, mend) => {
    const url = await stores.anotherDatabase(check.replaceAll(' ', '_'))
    const sql = connect(url, { max: 1 })
    await sql.unsafe(damage)
    await sql.end()
    const { code, out } = await run(['doctor', '--json'], { DATABASE_URL: url })
    const found = JSON.parse(out).findings.find((one: Finding) => one.check === check)
    expect(found).toMatchObject({ mend: expect.stringContaining(mend) })
    expect(found.verdict).toBe(check === 'publication' ? 'warn' : 'fail')
    expect(code).toBe(check === 'publication' ? 0 : 1)
  })

  it('finds a Redis that throws keys away', async () => {
    await stores.redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const found = await finding('Redis eviction')
    await stores.redis.config('SET', 'maxmemory-policy', 'noeviction')
    expect(found).toMatchObject({ verdict: 'fail', mend: expect.stringContaining('noeviction') })
  })

  it('finds a secret that is short or missing, limits that are off, and an unknown acknowledgement', async () => {
    const env = { NODE_ENV: 'production', ONECOUNT_LIMITS: 'off', ONECOUNT_ACK: 'disk' }
    const short = await run(['doctor'], { ...env, ONECOUNT_SECRET: 'short' })
    expect(short.code).toBe(1)
    expect(short.out).toMatch(/fail +ONECOUNT_SECRET +5 characters/)
    expect(short.out).toMatch(/fail +ONECOUNT_LIMITS +off/)
    expect(short.out).toMatch(/fail +ONECOUNT_ACK +disk/)
    const missing = await run(['doctor'], { ...env, ONECOUNT_SECRET: '' })
    expect(missing.out).toMatch(/fail +ONECOUNT_SECRET +not set/)
  })

  it('exits 2 when there is nothing to look at', async () => {
    expect((await run(['doctor'], { REDIS_URL: 'redis://127.0.0.1:9' })).code).toBe(2)
  })
})

describe('onecount', () => {
  it('lists its commands, and refuses others', async () => {
    const { code, out } = await run(['--help'])
    expect(code).toBe(0)
    for (const name of ['worker', 'verify', 'reconcile', 'doctor', 'moderate']) expect(out).toContain(name)
    expect(await run(['fly'])).toMatchObject({ code: 2, err: expect.stringContaining('no command fly') })
    for (const name of ['verify', 'reconcile', 'doctor', 'moderate', 'worker'])
      expect(await run([name, '--help'])).toMatchObject({ code: 0, err: '' })
  }, 30_000)
})
