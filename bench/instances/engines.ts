import { once } from 'node:events'
import { join } from 'node:path'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { run } from '@onecount/dev-stack/process'
import { createOnecount, type Onecount } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import postgres from 'postgres'
import { watched } from '../stores'

export interface Addresses {
  redisUrl: string
  databaseUrl: string
}

/** A like with its op. */
export interface Press {
  post: string
  session: string
  op: number
}

/** One instance of the application, with connections of its own. */
export interface Engine {
  /** Begins to drain. */
  start(): void
  press(press: Press): void
  close(): Promise<void>
}

/** Told of the sessions of every batch that Postgres has applied. */
type OnApplied = (sessions: string[]) => void

const ROOT = join(import.meta.dirname, '../..')
const STOP_MS = 1000

/** Connections are there when it resolves. */
export async function startEngine(
  { redisUrl, databaseUrl }: Addresses,
  onApplied: OnApplied,
): Promise<Engine> {
  const redis = createRedisClient(redisUrl, { commandTimeout: 10_000 })
  const sql = postgres(databaseUrl, { max: 2, onnotice() {} })
  const onecount: Onecount = createOnecount({
    redis: ioredisPort(redis),
    postgres: watched(postgresJsPort(sql, { timeoutMs: 30_000 }), (_, entries) =>
      onApplied(entries.map(({ sessionId }) => sessionId)),
    ),
    log: { warn() {} },
  })
  await onecount.health()
  return {
    start: () => onecount.drainer.start(),
    press({ post, session, op }) {
      // A like that is lost is missed by the process that waits for it in Postgres.
      onecount.set(post, session, true, { op }).catch(error => console.error(error))
    },
    async close() {
      await onecount.drainer.stop({ budgetMs: STOP_MS })
      redis.disconnect()
      await sql.end({ timeout: 1 })
    },
  }
}

/** The same in a process of its own. */
export async function startEngineProcess(addresses: Addresses, onApplied: OnApplied): Promise<Engine> {
  const program = killOnExit(
    run(
      process.execPath,
      ['--import', 'tsx', join(import.meta.dirname, 'engine-process.ts'), JSON.stringify(addresses)],
      { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    ),
  )
  const { child } = program
  const ended = program.exited.then(() => {
    throw new Error(`an instance has ended: ${program.lastWords()}`)
  })
  // It ends at `close`, too, when no one waits for its first word any more.
  ended.catch(() => {})
  await Promise.race([once(child, 'message'), ended])
  child.on('message', (sessions: string[]) => onApplied(sessions))
  return {
    start: () => child.send('start'),
    press: press => child.send(press),
    close: () => program.stop(STOP_MS),
  }
}
