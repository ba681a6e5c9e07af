import { Worker } from 'bullmq'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import type { Like } from './likes'
import { writeLike } from './plain'
import { CONNECTIONS, QUEUE, type Stores } from './sides'

/** Jobs at once: more than there are connections, so that none of those waits for Redis. */
const JOBS = 50
/** A job of a process that was killed is started again after so long, milliseconds; BullMQ's own is 30 seconds. */
const STALLED_MS = 2000

const { redisUrl, databaseUrl } = JSON.parse(process.argv[2]!) as Stores
const sql = postgres(databaseUrl, { max: CONNECTIONS, onnotice() {} })

const worker = new Worker<Like & { count: number }>(
  QUEUE,
  ({ data: { post, session, count } }) => writeLike(sql, post, session, count),
  {
    connection: new Redis(redisUrl, { maxRetriesPerRequest: null }),
    concurrency: JOBS,
    lockDuration: STALLED_MS,
    stalledInterval: STALLED_MS,
    maxStalledCount: 10,
  },
)
worker.on('error', error => console.error(error))
await worker.waitUntilReady()
process.on('disconnect', () => process.exit())
process.send!('ready')
