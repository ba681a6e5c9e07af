import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type PostgresServer, startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type RedisServer, startRedisServer } from '@onecount/dev-stack/redis-server'
import { type LocalSupabase, startSupabase } from '@onecount/dev-stack/supabase'
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import { createOnecount, type Onecount, type OnecountOptions, type ToldLikes, topicOf } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import { broadcastFromEnv, supabaseBroadcast } from 'onecount/supabase'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { connect, ownersTables, supabaseClient } from './support/databases'

/** Supabase compiles and migrates a database as it starts: long on a busy machine. */
const START_MS = 120_000
const BIN = join(import.meta.dirname, '../bin/onecount.mjs')
const BEAR = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const TOPIC = topicOf('like', BEAR)

let postgres: PostgresServer
let redis: RedisServer
let supabase: LocalSupabase
let database: string
let sql: Sql
const clients: SupabaseClient[] = []
const closing: (() => unknown)[] = []

beforeAll(async () => {
  ;[postgres, redis] = await Promise.all([startPostgresServer({ fsync: false }), startRedisServer()])
  database = await postgres.createDatabase('live')
  supabase = await startSupabase({ databaseUrl: database })
  sql = connect(database)
  await ownersTables(sql).clear()
  await ownersTables(sql).addPosts([{ id: BEAR, likes: 446 }])
}, START_MS)

afterEach(async () => {
  await Promise.all(clients.splice(0).map(client => client.removeAllChannels()))
  for (const close of closing.splice(0)) await close()
})
afterAll(async () => {
  await sql?.end()
  await Promise.all([supabase?.stop(), redis?.stop()])
  await postgres?.stop()
})

const access = () => ({ SUPABASE_URL: supabase.url, SUPABASE_SECRET_KEY: supabase.secretKey })

/** An engine that drains, with what it has logged. */
function startEngine(options: Partial<OnecountOptions> = {}): { engine: Onecount; warnings: string[] } {
  const client = createRedisClient(redis.url, { commandTimeout: 10_000 })
  const warnings: string[] = []
  const engine = createOnecount({
    redis: ioredisPort(client),
    postgres: postgresJsPort(sql),
    broadcast: broadcastFromEnv(access()),
    log: { warn: line => warnings.push(line) },
    ...options,
  })
  engine.drainer.start()
  closing.push(async () => {
    await engine.drainer.stop()
    client.disconnect()
  })
  return { engine, warnings }
}

/** What a visitor with the publishable key hears on a topic, from the moment it has joined. */
async function listen(topic = TOPIC): Promise<ToldLikes[][]> {
  const client = supabaseClient(supabase.url, supabase.publishableKey)
  clients.push(client)
  const heard: ToldLikes[][] = []
  const channel = client
    .channel(topic, { config: { private: true } })
    .on('broadcast', { event: 'likes' }, ({ payload }) => heard.push(payload.likes))
  await new Promise<void>((resolve, reject) => {
    channel.subscribe((status, error) => (status === 'SUBSCRIBED' ? resolve() : reject(error ?? status)))
  })
  return heard
}

const stateOf = async (engine: Onecount) => (await engine.read([BEAR])).get(BEAR)!

describe('likes that the server broadcasts', () => {
  it('are the count and the revision that a reader gets, once a batch was drained', async () => {
    const { engine } = startEngine()
    const heard = await listen()
    await engine.set(BEAR, 'ana', true)
    await expect.poll(() => heard.length).toBeGreaterThan(0)
    const { count, rev } = await stateOf(engine)
    await expect.poll(() => heard.at(-1)).toEqual([[BEAR, count, rev]])
  })

  it('are heard on the topic of their post alone', async () => {
    const { engine } = startEngine()
    const other = await listen(`likes:${(Number(TOPIC.slice('likes:'.length)) + 1) % 16}`)
    const heard = await listen()
    await engine.set(BEAR, 'bea', true)
    await expect.poll(() => heard.length).toBeGreaterThan(0)
    expect(other).toEqual([])
  })

  it('are a few messages, however many people like a post at once, and end with the last count', async () => {
    const { engine } = startEngine()
    const heard = await listen()
    const began = performance.now()
    for (let n = 0; n < 600; n += 20)
      await Promise.all(Array.from({ length: 20 }, (_, i) => engine.set(BEAR, `hot-${n + i}`, true)))
    await engine.drainer.flush()
    const seconds = (performance.now() - began) / 1000
    const { count, rev } = await stateOf(engine)
    await expect.poll(() => heard.at(-1)).toEqual([[BEAR, count, rev]])
    expect(heard.length).toBeLessThanOrEqual(Math.ceil(seconds * 4) + 2)
  })

  it('have gone out when a drain that was waited for ends', async () => {
    const { engine } = startEngine({ drain: { lingerMs: 60_000, idleMs: 0 } })
    const heard = await listen()
    await engine.set(BEAR, 'eva', true)
    await engine.drainer.flush()
    const { count, rev } = await stateOf(engine)
    await expect.poll(() => heard.at(-1), { timeout: 500 }).toEqual([[BEAR, count, rev]])
  })

  it('are told of presses that Postgres takes alone', async () => {
    const { engine } = startEngine({ redis: null })
    const heard = await listen()
    const { count, rev } = await engine.set(BEAR, 'fee', true)
    await expect.poll(() => heard).toEqual([[[BEAR, count, rev]]])
  })

  it(
    'do not hold the drain up while Realtime is away, and are told when it is back',
    async () => {
      const { engine, warnings } = startEngine()
      const port = Number(new URL(supabase.url).port)
      await supabase.kill()
      for (const session of ['gil', 'hal', 'ida']) {
        await engine.set(BEAR, session, true)
        await engine.drainer.flush()
      }
      const [row] = await sql`select likes from posts_new where id = ${BEAR}`
      const { count, rev } = await stateOf(engine)
      expect(row!.likes).toBe(count)
      expect(warnings.filter(line => line.startsWith('broadcast paused'))).toHaveLength(1)
      supabase = await startSupabase({ databaseUrl: database, port })
      const heard = await listen()
      await expect.poll(() => heard.at(-1), { timeout: 40_000 }).toEqual([[BEAR, count, rev]])
      await expect.poll(() => warnings.at(-1)).toBe('broadcast resumed')
    },
    START_MS,
  )

  it('reach a Realtime that has the older address alone', async () => {
    const asked: string[] = []
    const proxy = await startOlder(asked)
    closing.push(() => new Promise(resolve => proxy.close(resolve)))
    const { port } = proxy.address() as AddressInfo
    const client = createClient(`http://127.0.0.1:${port}`, supabase.secretKey, {
      auth: { persistSession: false, autoRefreshToken: false },
      realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
    })
    const { engine, warnings } = startEngine({ broadcast: supabaseBroadcast(client) })
    const heard = await listen()
    await engine.set(BEAR, 'joe', true)
    await expect.poll(() => heard.length).toBe(1)
    await engine.set(BEAR, 'kim', true)
    await expect.poll(() => heard.length).toBe(2)
    const { count, rev } = await stateOf(engine)
    expect(heard.at(-1)).toEqual([[BEAR, count, rev]])
    expect(asked.filter(path => path.includes('/events/'))).toHaveLength(1)
    expect(warnings).toEqual([])
  })

  it.each([
    ['worker', []],
    ['serve', ['--port', '0']],
  ])(
    'are told by npx onecount %s --broadcast too',
    async (command, options) => {
      const { engine } = startEngine({ broadcast: null, drain: { lingerMs: 60_000, idleMs: 0 } })
      const heard = await listen()
      const program = spawn(process.execPath, [BIN, command, '--broadcast', ...options], {
        env: {
          ...process.env,
          ...access(),
          REDIS_URL: redis.url,
          DATABASE_URL: database,
          ONECOUNT_SECRET: 'a secret of 32 characters or more',
        },
        stdio: 'ignore',
      })
      const ended = once(program, 'close')
      const { count, rev } = await engine.set(BEAR, `by-${command}`, true)
      await expect.poll(() => heard.at(-1)).toEqual([[BEAR, count, rev]])
      program.kill('SIGTERM')
      expect((await ended)[0]).toBe(0)
    },
    START_MS,
  )

  it('need an address and a key: the worker says which is missing', async () => {
    const { SUPABASE_URL: _, SUPABASE_SECRET_KEY: __, ...env } = process.env
    const run = promisify(execFile)(process.execPath, [BIN, 'worker', '--once', '--broadcast'], {
      env: { ...env, REDIS_URL: redis.url, DATABASE_URL: database },
      cwd: import.meta.dirname,
    })
    await expect(run).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('SUPABASE_URL is not set'),
    })
  })
})

/** The local Realtime without the address for one event, as before version 2.97. */
function startOlder(asked: string[]): Promise<Server> {
  const server = createServer(async (request, response) => {
    const path = request.url!
    asked.push(path)
    if (path.includes('/events/')) return void response.writeHead(404).end('{"error":"Not Found"}')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { status } = await fetch(supabase.url + path, {
      method: request.method,
      headers: { apikey: String(request.headers.apikey), 'content-type': 'application/json' },
      body: Buffer.concat(chunks),
    })
    response.writeHead(status).end()
  })
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)))
}
