import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { applyMigrations } from '@onecount/dev-stack/migrations'
import { type PostgresServer, startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type RedisServer, startRedisServer } from '@onecount/dev-stack/redis-server'
import { createOnecount } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const BIN = join(import.meta.dirname, '../bin/onecount.mjs')
const POSTS = Array.from(
  { length: 20 },
  (_, n) => `50050001-aaaa-bbbb-cccc-${n.toString(16).padStart(12, '0')}`,
)

let postgresServer: PostgresServer
let redisServer: RedisServer
let sql: postgres.Sql
let databaseUrl: string

function onecount(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...process.env, REDIS_URL: redisServer.url, DATABASE_URL: databaseUrl, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', data => {
      output += data
    })
  }
  const ended = new Promise<{ code: number | null; output: string }>(resolve =>
    child.on('close', code => resolve({ code, output })),
  )
  return { child, ended }
}

beforeAll(async () => {
  ;[postgresServer, redisServer] = await Promise.all([
    startPostgresServer({ fsync: false }),
    startRedisServer(),
  ])
  databaseUrl = await postgresServer.createDatabase('worker')
  sql = postgres(databaseUrl, { max: 2, onnotice() {} })
  await applyMigrations(async text => [...(await sql.unsafe(text))] as Record<string, unknown>[])
  await sql`insert into profiles (id, username, display_name, avatar_url)
            values ('a0070001-aaaa-bbbb-cccc-000000000001', 'someone', 'Someone', '/a.svg')`
  await sql`insert into posts_new (id, author_id, caption, image_url)
            select id::uuid, 'a0070001-aaaa-bbbb-cccc-000000000001', 'caption', '/p.svg' from unnest(${POSTS}::text[]) id`
})

afterAll(async () => {
  await sql.end()
  await Promise.all([postgresServer.kill(), redisServer.kill()])
})

/** Likes of an application that does not drain: they stay pending. */
async function likeEverything(sessions: number, prefix: string) {
  const client = createRedisClient(redisServer.url, { commandTimeout: 5000 })
  const app = createOnecount({
    redis: ioredisPort(client),
    postgres: postgresJsPort(sql),
    log: { warn() {} },
  })
  await app.read(POSTS)
  for (let n = 0; n < sessions; n++)
    await Promise.all(POSTS.map(post => app.set(post, `${prefix}-${n}`, true)))
  const health = () => app.health()
  return { health, pending: (await app.health()).pending ?? 0, end: () => client.disconnect() }
}

const rows = async (prefix: string) => {
  const [row] =
    await sql`select count(*)::integer as n from post_ratings where session_id like ${`${prefix}-%`}`
  return row!.n as number
}

describe('onecount worker', () => {
  it('drains what an application left with --once, says nothing and ends with 0', async () => {
    const app = await likeEverything(10, 'once')
    expect(app.pending).toBe(200)
    expect(await onecount(['worker', '--once']).ended).toEqual({ code: 0, output: '' })
    expect(await rows('once')).toBe(200)
    expect((await app.health()).pending).toBe(0)
    app.end()
  })

  it('loses nothing with three at once, one of them killed in the middle; SIGTERM drains and ends with 0', async () => {
    const app = await likeEverything(1000, 'three')
    const workers = [1, 2, 3].map(() => onecount(['worker']))
    await expect.poll(() => rows('three'), { timeout: 20_000 }).toBeGreaterThan(0)
    workers[0]!.child.kill('SIGKILL')
    await expect.poll(() => rows('three'), { timeout: 20_000 }).toBe(20_000)
    for (const { child } of workers.slice(1)) child.kill('SIGTERM')
    const ended = await Promise.all(workers.slice(1).map(worker => worker.ended))
    expect(ended.map(({ code }) => code)).toEqual([0, 0])
    expect((await app.health()).pending).toBe(0)
    const counts =
      await sql`select likes, (select count(*)::integer from post_ratings r where r.post_id = p.id) as n from posts_new p`
    expect(counts.every(({ likes, n }) => likes === n)).toBe(true)
    app.end()
  }, 90_000)

  it.each([
    [['worker', '--fast'], 2, '--fast'],
    [['nothing'], 2, 'There is no command nothing'],
    [['--help'], 0, 'worker'],
    [['worker', '--help'], 0, '--once'],
  ])('answers %j with exit code %i', async (args, code, words) => {
    const ended = await onecount(args).ended
    expect(ended.code).toBe(code)
    expect(ended.output).toContain(words)
  })

  it('names the setting that is missing', async () => {
    const ended = await onecount(['worker'], { REDIS_URL: '' }).ended
    expect(ended.code).toBe(2)
    expect(ended.output).toContain('REDIS_URL')
  })
})
