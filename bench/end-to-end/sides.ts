import { setTimeout as pause } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { createClock, createOnecount, nextOp } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import postgres from 'postgres'
import type { Like } from './likes'
import { plainKeys, writeLike } from './plain'

export type SideName = 'seed' | 'bullmq' | 'alone' | 'inside' | 'beside'

export interface Stores {
  redisUrl: string
  databaseUrl: string
}

/** One way to like. */
export interface Side {
  /** Resolves when the person has an answer. */
  press(like: Like): Promise<unknown>
  /** Resolves when Postgres holds every like. */
  settled(): Promise<void>
}

/** Connections of each process to Postgres: what the driver opens by itself. */
export const CONNECTIONS = 10
export const QUEUE = 'likes'
const LOOK_MS = 5
const PATIENCE_MS = 300_000
/** Redis scans the pending ops to answer this, so it is not asked often. */
const PENDING_MS = 50

/** In a process of its own. `beside` and `bullmq` have another one that writes to Postgres. */
export const SIDES: Record<SideName, (stores: Stores) => Promise<Side>> = {
  /** Separate commands, then SQL that is not awaited. */
  async seed({ redisUrl, databaseUrl }) {
    const redis = new Redis(redisUrl)
    const sql = open(databaseUrl)
    let underWay = 0
    return {
      async press({ post, session }) {
        const [count] = await Promise.all([
          redis.incr(plainKeys.likes(post)),
          redis.sadd(plainKeys.liked(post), session),
          redis.sadd(plainKeys.sessions(session), post),
        ])
        underWay++
        writeLike(sql, post, session, count)
          .catch(error => console.error(error))
          .finally(() => underWay--)
      },
      settled: () => until(async () => underWay === 0),
    }
  },

  /** One script for Redis, then a job. */
  async bullmq({ redisUrl }) {
    const redis = new Redis(redisUrl)
    redis.defineCommand('like', { numberOfKeys: 3, lua: LIKE })
    const queue = new Queue(QUEUE, {
      connection: new Redis(redisUrl, { maxRetriesPerRequest: null }),
      defaultJobOptions: { removeOnComplete: true, attempts: 3 },
    })
    return {
      async press({ post, session }) {
        const keys = [plainKeys.likes(post), plainKeys.liked(post), plainKeys.sessions(session)]
        const count = await (redis as unknown as LikeClient).like(...keys, post, session)
        await queue.add('like', { post, session, count })
      },
      settled: () => until(() => isEmpty(queue)),
    }
  },

  async alone({ databaseUrl }) {
    const onecount = createOnecount({
      redis: null,
      postgres: postgresJsPort(open(databaseUrl)),
      log: { warn() {} },
    })
    return {
      press: ({ post, session }) => onecount.set(post, session, true, { op: likeOp() }),
      settled: async () => {},
    }
  },

  inside: stores => engine(stores, { drains: true }),
  beside: stores => engine(stores, { drains: false }),
}

async function engine({ redisUrl, databaseUrl }: Stores, { drains }: { drains: boolean }): Promise<Side> {
  const onecount = createOnecount({
    redis: ioredisPort(createRedisClient(redisUrl, { commandTimeout: 5000 })),
    postgres: postgresJsPort(open(databaseUrl)),
    log: { warn() {} },
  })
  await onecount.hydrateAll()
  if (drains) onecount.drainer.start()
  return {
    press: ({ post, session }) => onecount.set(post, session, true, { op: likeOp() }),
    settled: () => until(async () => (await onecount.health()).pending === 0, PENDING_MS),
  }
}

const now = createClock()
/** As browsers press. */
const likeOp = () => nextOp(now(), 0, true)

const open = (databaseUrl: string) => postgres(databaseUrl, { max: CONNECTIONS, onnotice() {} })

interface LikeClient {
  like(...args: string[]): Promise<number>
}

const LIKE = `
  if redis.call('SADD', KEYS[2], ARGV[2]) == 1 then
    redis.call('SADD', KEYS[3], ARGV[1])
    return redis.call('INCR', KEYS[1])
  end
  return tonumber(redis.call('GET', KEYS[1]))`

/** Whether no job is left. */
export async function isEmpty(queue: Queue): Promise<boolean> {
  const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized')
  return Object.values(counts).every(count => count === 0)
}

/** Waits for a condition. */
export async function until(isTrue: () => Promise<boolean>, lookMs = LOOK_MS): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`it took more than ${PATIENCE_MS / 1000} s`)
    await pause(lookMs)
  }
}
