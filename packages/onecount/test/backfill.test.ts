import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { applyMigrations } from '@onecount/dev-stack/migrations'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { startSupabase } from '@onecount/dev-stack/supabase'
import { createClient } from '@supabase/supabase-js'
import { Redis } from 'ioredis'
import { createOnecount, type PostgresPort } from 'onecount'
import { supabasePort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import postgres from 'postgres'
import { describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { beside } from './support/beside'
import { forAllTests } from './support/for-all-tests'

type PairOp = Awaited<ReturnType<PostgresPort['ratings']>>[number]

/** So many that a run that held all of them at once would be noticed. */
const MANY = { posts: 100_000, ratings: 200_000 }
/** More than a page. */
const FEW = { posts: 2000, ratings: 4000 }
type Size = typeof MANY
const BIN = join(import.meta.dirname, '../bin/onecount.mjs')

const server = forAllTests(() => startPostgresServer({ fsync: false }))

/** Posts as in real traffic: a few have most of the likes. Their other likes are older than the rows. */
const generate = ({ posts, ratings }: Size) => `
  set local onecount.applying = 'on';
  insert into profiles (id, username, display_name, avatar_url)
  values ('a0070001-aaaa-bbbb-cccc-000000000001', 'someone', 'Someone', '/a.svg');
  insert into posts_new (id, author_id, caption, image_url, likes)
  select ('50050001-aaaa-bbbb-cccc-' || lpad(to_hex(n), 12, '0'))::uuid, 'a0070001-aaaa-bbbb-cccc-000000000001',
         'caption', '/p.svg', (100000 / n)::integer + n % 7
    from generate_series(1, ${posts}) n;
  select setseed(0.42);
  insert into post_ratings (post_id, session_id)
  select ('50050001-aaaa-bbbb-cccc-' || lpad(to_hex(post), 12, '0'))::uuid, 'session-' || n
    from (select n, 1 + floor(power(random(), 4) * (${posts} - 1))::integer as post
            from generate_series(1, ${ratings}) n) r;
  update posts_new p set likes = p.likes + r.n
    from (select post_id, count(*) as n from post_ratings group by post_id) r where r.post_id = p.id;
  analyze posts_new, post_ratings;`

const postId = (n: number) => `50050001-aaaa-bbbb-cccc-${n.toString(16).padStart(12, '0')}`

function start(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [BIN, 'backfill', ...args], { env: { ...process.env, ...env } })
  const output = { out: '', err: '' }
  child.stdout.on('data', data => (output.out += data))
  child.stderr.on('data', data => (output.err += data))
  const ended = new Promise<{ code: number | null; out: string; err: string }>(resolve =>
    child.on('close', code => resolve({ code, ...output })),
  )
  return { child, output, ended }
}

/** A database with so many posts and ratings, an empty Redis, and the command on them. */
async function startWith(size: Size) {
  const [databaseUrl, target] = [await server.createDatabase(`of_${size.posts}`), await startRedisServer()]
  const sql = postgres(databaseUrl, { max: 2, onnotice() {} })
  await applyMigrations(async text => [...(await sql.unsafe(text))] as Record<string, unknown>[])
  await sql.begin(transaction => transaction.unsafe(generate(size)))
  const redis = new Redis(target.url)
  const begin = (args: string[] = [], env: Record<string, string> = {}) =>
    start(args, { REDIS_URL: target.url, DATABASE_URL: databaseUrl, ...env })
  return {
    sql,
    redis,
    begin,
    backfill: (args?: string[], env?: Record<string, string>) => begin(args, env).ended,

    /** Members of all sets whose names match. */
    async sizesOf(pattern: string): Promise<number> {
      let sum = 0
      for await (const names of redis.scanStream({ match: pattern, count: 1000 })) {
        const pipeline = redis.pipeline()
        for (const name of names as string[]) pipeline.scard(name)
        for (const [, size] of (await pipeline.exec())!) sum += Number(size)
      }
      return sum
    },

    async stop() {
      redis.disconnect()
      await sql.end()
      await target.kill()
    },
  }
}

describe('onecount backfill', () => {
  const few = forAllTests(() => startWith(FEW))

  it('writes nothing with --dry-run', async () => {
    const { code, out } = await few.backfill(['--dry-run', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      dryRun: true,
      posts: FEW.posts,
      ratings: FEW.ratings,
      alreadyThere: 0,
    })
    expect(await few.redis.dbsize()).toBe(0)
  })

  it('completes the mirrors of likers and sessions where other programs have changed them', async () => {
    expect(await few.backfill()).toMatchObject({ code: 0 })
    const [liked, session] = [`post:liked:${postId(1)}`, `session:likes:session-1`]
    const before = [await few.redis.scard(liked), await few.redis.scard(session)]
    await few.redis.del(`post:likes:${postId(2)}`, session)
    await few.redis.srem(liked, ...(await few.redis.srandmember(liked, 10)))
    await few.redis.sadd(liked, 'foreign-1', 'foreign-2')
    expect(await few.backfill()).toMatchObject({
      code: 0,
      out: expect.stringContaining('Redis matches Postgres.'),
    })
    expect([await few.redis.scard(liked), await few.redis.scard(session)]).toEqual(before)
    expect(await few.redis.exists(`post:likes:${postId(2)}`)).toBe(1)
  })

  it('finds a count that was changed behind its back, names the post and exits 1', async () => {
    await few.redis.set(
      `post:meta:${postId(7)}`,
      (await few.redis.get(`post:meta:${postId(7)}`))!.replace(/^\d+/, '1'),
    )
    const { code, out } = await few.backfill()
    expect(code).toBe(1)
    const line = out.split('\n').find(text => text.startsWith(postId(7)))
    expect(line?.split(/ {2,}/)[1]).toBe('1')
  })

  it.each([
    [{ REDIS_URL: '' }, 'REDIS_URL'],
    [{ DATABASE_URL: '', SUPABASE_URL: '' }, 'SUPABASE_URL'],
    [{ DATABASE_URL: '', SUPABASE_URL: 'http://127.0.0.1:9' }, 'SUPABASE_SECRET_KEY'],
    [{ REDIS_URL: 'redis://127.0.0.1:9' }, 'Redis does not answer'],
    [{ DATABASE_URL: 'postgres://postgres@127.0.0.1:9/x' }, 'Postgres does not answer'],
  ])('exits 2 and says what to do with %j', async (env, words) => {
    const { code, err } = await few.backfill([], env)
    expect(code).toBe(2)
    expect(err).toContain(words)
  })

  it('goes through the official Supabase client as well, while people like posts', async () => {
    const [supabase, target] = await Promise.all([startSupabase({ seed: true }), startRedisServer()])
    const client = createRedisClient(target.url, { commandTimeout: 20_000 })
    const admin = createClient(supabase.url, supabase.secretKey, {
      auth: { persistSession: false },
      realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
    })
    const { data: posts } = await admin.from('posts_new').select('id').throwOnError()
    expect(posts.length).toBeGreaterThan(0)
    const app = createOnecount({
      redis: ioredisPort(client),
      postgres: supabasePort(admin),
      log: { warn() {} },
    })
    let likes = 0
    const running = few.backfill(['--json'], {
      DATABASE_URL: '',
      REDIS_URL: target.url,
      SUPABASE_URL: supabase.url,
      SUPABASE_SECRET_KEY: supabase.secretKey,
    })
    let ended = false
    running.then(() => {
      ended = true
    })
    // Every third like is undone at once.
    for (; !ended; likes++) {
      const { id } = posts[likes % posts.length]!
      await app.set(id, `during-${likes}`, true)
      if (likes % 3 === 0) await app.set(id, `during-${likes}`, false)
    }
    const { code, out } = await running
    expect(JSON.parse(out)).toMatchObject({ posts: posts.length, verified: posts.length, mismatches: 0 })
    expect(code).toBe(0)
    expect(likes).toBeGreaterThan(0)
    expect((await app.drainer.flush()).more).toBe(false)
    const { postgres } = app.stores
    for (let after: PairOp | null = null; ; ) {
      const page: PairOp[] = await postgres.ratings(after, 1000)
      if (page.length === 0) break
      for (const { postId, sessionId } of page) {
        expect(await client.sismember(`post:liked:${postId}`, sessionId)).toBe(1)
        expect(await client.sismember(`session:likes:${sessionId}`, postId)).toBe(1)
      }
      after = page.at(-1)!
    }
    for (const { id } of posts) {
      const [row] = await postgres.peek([id], null)
      expect(await client.get(`post:likes:${id}`)).toBe(String(row!.count))
    }
    client.disconnect()
    await Promise.all([supabase.kill(), target.kill()])
  })

  it('keeps no sets of likers with --no-likers', async () => {
    const [target, url] = [await startRedisServer(), await server.createDatabase('without_likers')]
    const other = postgres(url, { max: 1, onnotice() {} })
    await applyMigrations(async text => [...(await other.unsafe(text))] as Record<string, unknown>[])
    await other.unsafe(generate({ posts: 100, ratings: 200 }))
    const { code } = await few.backfill(['--no-likers'], { REDIS_URL: target.url, DATABASE_URL: url })
    expect(code).toBe(0)
    const client = new Redis(target.url)
    expect(await client.keys('post:liked:*')).toEqual([])
    expect((await client.keys('session:likes:*')).length).toBe(200)
    client.disconnect()
    await Promise.all([other.end(), target.kill()])
  })

  it('exits 2 on an option that it does not know, and says where its options are', async () => {
    const { code, err } = await few.backfill(['--fast'])
    expect(code).toBe(2)
    expect(err).toBe(`Unknown option '--fast'\n\nnpx onecount backfill --help says what it takes.\n`)
  })
})

describe('onecount backfill of many', () => {
  const many = forAllTests(() => startWith(MANY))

  it('can be interrupted, and goes on where it was when it is run again', async () => {
    const { child, ended } = many.begin()
    const early = ended.then(({ code, err }) => {
      throw new Error(`backfill ended with ${code}: ${err}`)
    })
    const isAtWork = () => many.redis.exists(`post:likes:${postId(2000)}`)
    await beside(early, expect.poll(isAtWork, { timeout: 150_000 }).toBe(1))
    child.kill('SIGINT')
    const first = await ended
    expect(first.code).toBe(130)
    expect(first.out).toContain('run the same command again')
    const second = await many.backfill(['--json'])
    expect(second.code).toBe(0)
    const report = JSON.parse(second.out)
    expect(report.alreadyThere).toBeGreaterThanOrEqual(2000)
    expect(report.alreadyThere).toBeLessThan(MANY.posts)
    expect(report).toMatchObject({
      posts: MANY.posts,
      ratings: MANY.ratings,
      verified: MANY.posts,
      mismatches: 0,
    })
    // What a run holds at once is a page of each store, not the whole.
    expect(report.peakMemoryMb).toBeLessThan(400)
    process.stdout.write(
      `migrated ${MANY.posts} posts and ${MANY.ratings} ratings in ${report.seconds} s, ${report.peakMemoryMb} MiB at most\n`,
    )
  })

  it('has moved every count and every liked set under the public names', async () => {
    const [{ likes }] = (await many.sql`select likes from posts_new where id = ${postId(1)}`) as [
      { likes: number },
    ]
    expect(await many.redis.get(`post:likes:${postId(1)}`)).toBe(String(likes))
    const rows = await many.sql`select session_id from post_ratings where post_id = ${postId(1)}`
    const sessions = rows.map(row => row.session_id as string).sort()
    expect((await many.redis.smembers(`post:liked:${postId(1)}`)).sort()).toEqual(sessions)
    expect(await many.redis.smembers(`session:likes:${sessions[0]}`)).toEqual([postId(1)])
    // Of all posts together: no like is missing, and none is there that Postgres does not have.
    expect(await many.sizesOf('post:liked:*')).toBe(MANY.ratings)
    expect(await many.sizesOf('session:likes:*')).toBe(MANY.ratings)
  })
})
