import { once } from 'node:events'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { run } from '@onecount/dev-stack/process'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { type LocalSupabase, startSupabase } from '@onecount/dev-stack/supabase'
import { createOnecount, type Onecount, topicOf } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import { broadcastFromEnv } from 'onecount/supabase'
import postgres from 'postgres'
import { epochMs, type Heard, type Listening, type Said } from './live/protocol'
import { quantile, round } from './statistics'

interface LiveReport {
  machine: string
  calm: Calm[]
  hot: Hot[]
}

interface Times {
  subscribers: number
  p50Ms: number
  p95Ms: number
  maxMs: number
}

/** Likes one by one. */
interface Calm extends Times {
  likes: number
}

/** Likes of one post at a steady rate. */
interface Hot extends Times {
  likesPerSecond: number
  messagesPerSecond: number
  messagesPerLike: number
}

interface Like {
  rev: number
  /** When it was pressed, milliseconds since 1970. */
  at: number
}

const ROOT = join(import.meta.dirname, '..')
const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const SUBSCRIBERS = [1, 50, 500]
/** Of the hot post. */
const RATES = [20, 200]
const CALM_LIKES = 40
/** Between likes one by one, milliseconds: what comes sooner shares a message. */
const CALM_MS = [260, 500] as const
/** After the last like, until its message has come for sure, milliseconds. */
const END_MS = 1500

/**
 * How long a like takes to those who look at its post elsewhere, through the drain and Realtime: from the call of the
 * engine until the official client hands the message over. The subscribers are in a process of their own.
 */
export async function live(
  { seconds, rounds }: { seconds: number; rounds: number },
  say: (line: string) => void,
) {
  say('starting Redis, PostgreSQL and Supabase …')
  const [redis, server] = await Promise.all([startRedisServer(), startPostgresServer()])
  killOnExit(redis)
  killOnExit(server)
  const databaseUrl = await server.createDatabase('live')
  const supabase = await startSupabase({ databaseUrl, seed: true })
  const client = createRedisClient(redis.url, { commandTimeout: 10_000 })
  const sql = postgres(databaseUrl, { max: 4, onnotice() {} })
  const engine = createOnecount({
    redis: ioredisPort(client),
    postgres: postgresJsPort(sql, { timeoutMs: 30_000 }),
    broadcast: broadcastFromEnv({ SUPABASE_URL: supabase.url, SUPABASE_SECRET_KEY: supabase.secretKey }),
  })
  engine.drainer.start()
  const press = createPress(engine)
  const report: LiveReport = { machine: `${cpus().length} cores, Node ${process.version}`, calm: [], hot: [] }
  try {
    await press()
    for (const subscribers of SUBSCRIBERS) {
      const others = await startSubscribers(supabase, subscribers)
      say(`${subscribers} subscribers: likes one by one …`)
      const likes: Like[] = []
      for (let n = 0; n < CALM_LIKES; n++) {
        likes.push(await press())
        await pause(CALM_MS[0] + Math.random() * (CALM_MS[1] - CALM_MS[0]))
      }
      report.calm.push({ ...timesOf(likes, await others.heard()), likes: CALM_LIKES })
      for (const likesPerSecond of RATES) {
        say(`${subscribers} subscribers: ${likesPerSecond} likes a second …`)
        report.hot.push(await likeHotly(press, others, likesPerSecond, seconds * rounds))
      }
      await others.stop()
    }
    return { report, table: format(report) }
  } finally {
    await engine.drainer.stop()
    client.disconnect()
    await sql.end({ timeout: 1 })
    await supabase.stop()
    await Promise.all([redis.stop(), server.stop()])
  }
}

/** Another person likes the post with each call. */
function createPress(engine: Onecount) {
  let person = 0
  return async (): Promise<Like> => {
    const at = epochMs()
    const { rev } = await engine.set(POST, `person-${process.pid}-${person++}`, true)
    return { rev, at }
  }
}

type Subscribers = Awaited<ReturnType<typeof startSubscribers>>

async function likeHotly(
  press: () => Promise<Like>,
  others: Subscribers,
  likesPerSecond: number,
  seconds: number,
): Promise<Hot> {
  const pressed: Promise<Like>[] = []
  const began = performance.now()
  for (let n = 0; n < likesPerSecond * seconds; n++) {
    const wait = began + (n * 1000) / likesPerSecond - performance.now()
    if (wait > 0) await pause(wait)
    pressed.push(press())
  }
  const likes = await Promise.all(pressed)
  const heard = await others.heard()
  const messages = Math.max(...heard.map(one => one.length))
  return {
    ...timesOf(likes, heard),
    likesPerSecond,
    messagesPerSecond: round(messages / seconds, 1),
    messagesPerLike: round(messages / likes.length, 3),
  }
}

async function startSubscribers({ url, publishableKey }: LocalSupabase, subscribers: number) {
  const listening: Listening = { url, publishableKey, topic: topicOf('like', POST), subscribers }
  const program = killOnExit(
    run(
      process.execPath,
      ['--import', 'tsx', join(import.meta.dirname, 'live/subscribers.ts'), JSON.stringify(listening)],
      { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    ),
  )
  const ended = program.exited.then(() => {
    throw new Error(`the subscribers have ended: ${program.lastWords()}`)
  })
  ended.catch(() => {})
  const next = async () => {
    const [said] = await Promise.race([once(program.child, 'message'), ended])
    return said as Said
  }
  await next()
  return {
    /** What each has heard since it was asked last, once everything has come. */
    async heard(): Promise<Heard[]> {
      await pause(END_MS)
      const answer = next()
      program.child.send('heard')
      const said = await answer
      if (!('heard' in said)) throw new Error('the subscribers have not answered')
      return said.heard
    },
    stop: () => program.stop(1000),
  }
}

/** Of every like and every subscriber: until it had heard a count in which the like is. */
function timesOf(likes: readonly Like[], heard: readonly Heard[]): Times {
  const times = heard.flatMap(one =>
    likes.map(
      ({ rev, at }) => (one.find(([heardRev]) => heardRev >= rev)?.[1] ?? Number.POSITIVE_INFINITY) - at,
    ),
  )
  return {
    subscribers: heard.length,
    p50Ms: round(quantile(times, 0.5), 1),
    p95Ms: round(quantile(times, 0.95), 1),
    maxMs: round(
      times.reduce((most, ms) => Math.max(most, ms), 0),
      1,
    ),
  }
}

function format({ machine, calm, hot }: LiveReport): string {
  const cells = (values: (string | number)[]) => values.map(value => String(value).padStart(14)).join('')
  return [
    `${machine}; until the other page's client has the message`,
    cells(['subscribers', 'likes/s', 'p50 ms', 'p95 ms', 'max ms', 'messages/s', 'messages/like']),
    ...calm.map(({ subscribers, p50Ms, p95Ms, maxMs }) =>
      cells([subscribers, 'one by one', p50Ms, p95Ms, maxMs, '', '']),
    ),
    ...hot.map(({ subscribers, likesPerSecond, p50Ms, p95Ms, maxMs, messagesPerSecond, messagesPerLike }) =>
      cells([subscribers, likesPerSecond, p50Ms, p95Ms, maxMs, messagesPerSecond, messagesPerLike]),
    ),
  ].join('\n')
}
