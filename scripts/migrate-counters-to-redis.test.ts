import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { applyMigrations, readSeed } from '@onecount/dev-stack/migrations'
import { type PostgresServer, startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startRedisCluster } from '@onecount/dev-stack/redis-cluster'
import { type RedisServer, startRedisServer } from '@onecount/dev-stack/redis-server'
import { startSupabase } from '@onecount/dev-stack/supabase'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { POLAR_BEAR_ID, POSTS } from './seed/data'

const SCRIPT = join(import.meta.dirname, 'migrate-counters-to-redis.ts')

let server: PostgresServer
let redisServer: RedisServer
let redis: Redis
let databaseUrl: string
beforeAll(async () => {
  ;[server, redisServer] = await Promise.all([startPostgresServer({ fsync: false }), startRedisServer()])
  databaseUrl = await seededDatabase('seeded')
  redis = new Redis(redisServer.url)
}, 120_000)
afterAll(async () => {
  redis.disconnect()
  await Promise.all([server.kill(), redisServer.kill()])
})
beforeEach(async () => {
  await redis.flushall()
})

async function withSql<T>(url: string, use: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice() {} })
  try {
    return await use(sql)
  } finally {
    await sql.end()
  }
}

/** A database with the posts of the reference application. @returns its address */
async function seededDatabase(name: string): Promise<string> {
  const url = await server.createDatabase(name)
  const seed = await readSeed()
  await withSql(url, sql => applyMigrations(async query => [...(await sql.unsafe(query))], { seed }))
  return url
}

function start(args: string[], env: Record<string, string> = {}) {
  const script = spawn(process.execPath, ['--import', 'tsx', SCRIPT, ...args], {
    env: { ...process.env, REDIS_URL: redisServer.url, DATABASE_URL: databaseUrl, SUPABASE_URL: '', ...env },
  })
  const ended = Promise.all([text(script.stdout), text(script.stderr), once(script, 'exit')]).then(
    ([out, err, [code]]) => ({ out, err, code: code as number | null }),
  )
  return { script, ended }
}
const migrate = (args: string[] = [], env?: Record<string, string>) => start(args, env).ended

/** Every count and every liked set is in Redis as it is in Postgres. */
async function expectMigrated(client: Pick<Redis, 'get' | 'smembers'>): Promise<void> {
  const rows = await withSql(
    databaseUrl,
    sql => sql`
      select p.id, p.likes, array_remove(array_agg(r.session_id order by r.session_id), null) as sessions
        from posts_new p left join post_ratings r on r.post_id = p.id group by p.id`,
  )
  expect(rows).toHaveLength(POSTS.length)
  for (const { id, likes, sessions } of rows) {
    expect(await client.get(`post:likes:${id}`)).toBe(String(likes))
    expect((await client.smembers(`post:liked:${id}`)).sort()).toEqual(sessions.sort())
    for (const session of sessions) expect(await client.smembers(`session:likes:${session}`)).toContain(id)
  }
}

describe('npx tsx scripts/migrate-counters-to-redis.ts', () => {
  it('moves every count and every liked set, and verifies that Redis matches Postgres', async () => {
    const { stdout } = await promisify(execFile)('npx', ['tsx', SCRIPT], {
      env: { ...process.env, REDIS_URL: redisServer.url, DATABASE_URL: databaseUrl },
    })
    expect(stdout).toContain('Redis matches Postgres.')
    expect(await redis.get(`post:likes:${POLAR_BEAR_ID}`)).toBe('446')
    await expectMigrated(redis)
  }, 60_000)

  it('does so through the official Supabase client', async () => {
    const supabase = await startSupabase({ databaseUrl })
    try {
      const { code, out, err } = await migrate(['--json'], {
        DATABASE_URL: '',
        SUPABASE_URL: supabase.url,
        SUPABASE_SECRET_KEY: supabase.secretKey,
      })
      expect(code, err).toBe(0)
      expect(JSON.parse(out)).toMatchObject({ posts: POSTS.length, verified: POSTS.length, mismatches: 0 })
      await expectMigrated(redis)
    } finally {
      await supabase.stop()
    }
  }, 120_000)

  it('does so on a Redis Cluster', async () => {
    // A database belongs to the first Redis that it meets.
    const [url, cluster] = await Promise.all([seededDatabase('of_cluster'), startRedisCluster()])
    try {
      const env = { REDIS_URL: cluster.urls.join(), DATABASE_URL: url }
      const { code, out, err } = await migrate(['--json'], env)
      expect(code, err).toBe(0)
      expect(JSON.parse(out)).toMatchObject({ posts: POSTS.length, verified: POSTS.length, mismatches: 0 })
    } finally {
      await cluster.stop()
    }
  }, 120_000)

  it('ends with 130 at Ctrl-C, and goes on where it was when it is run again', async () => {
    const url = await seededDatabase('large')
    await withSql(
      url,
      sql => sql`
        insert into posts_new (id, author_id, caption, image_url)
        select gen_random_uuid(), author.id, 'caption', '/p.svg'
          from (select id from profiles limit 1) author, generate_series(1, 20000)`,
    )
    const first = start(['--page-size', '50'], { DATABASE_URL: url })
    await expect.poll(() => redis.dbsize(), { interval: 5, timeout: 30_000 }).toBeGreaterThan(1000)
    first.script.kill('SIGINT')
    expect(await first.ended).toMatchObject({
      code: 130,
      out: expect.stringContaining('run the same command again'),
    })
    const { code, out, err } = await migrate(['--json'], { DATABASE_URL: url })
    expect(code, err).toBe(0)
    const report = JSON.parse(out)
    expect(report).toMatchObject({ posts: POSTS.length + 20_000, mismatches: 0 })
    expect(report.alreadyThere).toBeGreaterThan(0)
    expect(report.alreadyThere).toBeLessThan(report.posts)
  }, 120_000)

  it('exits 1 and names the post whose count was changed behind its back', async () => {
    await migrate()
    const meta = `post:meta:${POLAR_BEAR_ID}`
    await redis.set(meta, (await redis.get(meta))!.replace(/^\d+/, '1'))
    const { code, out } = await migrate()
    expect(code).toBe(1)
    expect(out).toContain(POLAR_BEAR_ID)
  })

  it('exits 2 on an option that it does not know, and says where its help is', async () => {
    const { code, err } = await migrate(['--fast'])
    expect(code).toBe(2)
    expect(err).toBe("Unknown option '--fast'\n\nnpx onecount backfill --help says what it takes.\n")
  })
})
