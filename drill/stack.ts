import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FaultProxy } from '@onecount/dev-stack/fault-proxy'
import { freePort } from '@onecount/dev-stack/free-port'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { applyMigrations } from '@onecount/dev-stack/migrations'
import { type PostgresServer, startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type Running, run, until } from '@onecount/dev-stack/process'
import { startSupabase } from '@onecount/dev-stack/supabase'
import type { Cluster, Redis } from 'ioredis'
import { createOnecount } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { redisFromEnv } from 'onecount/redis'
import postgres, { type Sql } from 'postgres'
import { createKeys, type Keys, partitionOf, tagOf } from '../packages/onecount/src/core/keys'

const AUTHOR = 'a0070001-aaaa-bbbb-cccc-000000000001'

/** How often and how quickly a program that does not start is started again. */
const ATTEMPTS = 100
const PAUSE_MS = 100
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** Filling the mirrors is no press: no visitor waits for it, milliseconds. */
const FILL_PATIENCE_MS = 5000

export interface Post {
  id: string
  /** Likes from before rows were kept. */
  base: number
}

/** Redis, a single one or a cluster. */
export interface Store {
  /** Into how many parts the posts are split. */
  readonly partitions: number
  /** What the application and the worker are given: see `redisFromEnv`. */
  readonly url: string
  /** Arguments of node that start a worker; null: there is none. */
  readonly worker: readonly string[] | null
  /** Starts the application in another way than as one server. */
  startApp?(env: NodeJS.ProcessEnv, port: number): Promise<Pick<Running, 'kill'>>
  /** Straight to the servers, past every link. */
  readonly client: Redis | Cluster
  keysLike(pattern: string): Promise<string[]>
  stop(): Promise<void>
}

/** Starts Redis with its files in `dir`. */
export type StartStore<S extends Store = Store> = (dir: string) => Promise<S>

/**
 * Everything that runs in production, as processes of this machine. What people, the application and the worker say to
 * others goes through links; the gateway is a stand-in for Supabase's, and its own way to Postgres is not ours to
 * break.
 */
export class Stack<S extends Store = Store> {
  readonly #dir: string
  readonly #secret = randomBytes(32).toString('hex')
  readonly #appPort: number
  #postgres!: PostgresServer
  #supabase!: Awaited<ReturnType<typeof startSupabase>>
  #app!: Pick<Running, 'kill'>
  #worker: ReturnType<typeof run> | undefined
  #database = ''
  #isStopped = false
  links!: Record<'people' | 'rest' | 'wire', FaultProxy>
  redis!: S
  /** Straight to the store, past every link. */
  sql!: Sql

  private constructor(
    readonly posts: readonly Post[],
    dir: string,
    appPort: number,
  ) {
    this.#dir = dir
    this.#appPort = appPort
  }

  static async start<S extends Store>(posts: readonly Post[], startStore: StartStore<S>): Promise<Stack<S>> {
    const dir = await mkdtemp(join(tmpdir(), 'onecount-drill-'))
    // PostgreSQL runs as a user of its own.
    await chmod(dir, 0o711)
    const stack = new Stack<S>(posts, dir, await freePort())
    try {
      await stack.#start(startStore)
      return stack
    } catch (error) {
      await stack.stop()
      throw error
    }
  }

  /** Where people find the application. */
  get url(): string {
    return `http://127.0.0.1:${this.links.people.port}`
  }

  async #start(startStore: StartStore<S>): Promise<void> {
    this.#postgres = killOnExit(await startPostgresServer({ dir: join(this.#dir, 'postgres') }))
    this.#database = await this.#postgres.createDatabase('drill')
    this.sql = postgres(this.#database, { max: 2, onnotice() {} })
    await applyMigrations(async text => [...(await this.sql.unsafe(text))] as Record<string, unknown>[])
    await this.sql`insert into profiles (id, username, display_name, avatar_url)
                   values (${AUTHOR}, 'someone', 'Someone', '/a.svg')`
    for (const { id, base } of this.posts) {
      await this.sql`insert into posts_new (id, author_id, caption, image_url, likes)
                     values (${id}, ${AUTHOR}, 'caption', '/p.svg', ${base})`
    }
    this.redis = await startStore(this.#dir)
    await this.sql`select onecount_set_partitions(${this.redis.partitions})`
    await this.#startSupabase()
    this.links = {
      people: await FaultProxy.to(this.#appPort, 'http'),
      rest: await FaultProxy.to(Number(new URL(this.#supabase.url).port), 'http'),
      wire: await FaultProxy.to(this.#postgres.port, null),
    }
    await Promise.all([this.startApp(), this.startWorker()])
  }

  /** Under a supervisor, as every gateway is: the database's end may end it too. */
  async #startSupabase(): Promise<void> {
    const port = this.#supabase && Number(new URL(this.#supabase.url).port)
    this.#supabase = await startSupabase({ databaseUrl: this.#database, port })
    this.#supabase.exited.then(async () => {
      for (let attempt = 0; !this.#isStopped && attempt < ATTEMPTS; attempt++) {
        await pause(PAUSE_MS)
        if (
          !this.#isStopped &&
          (await this.#startSupabase().then(
            () => true,
            () => false,
          ))
        )
          return
      }
    })
  }

  async startApp(): Promise<void> {
    const env = {
      ...process.env,
      PORT: String(this.#appPort),
      REDIS_URL: this.redis.url,
      PARTITIONS: String(this.redis.partitions),
      SUPABASE_URL: `http://127.0.0.1:${this.links.rest.port}`,
      SUPABASE_SECRET_KEY: this.#supabase.secretKey,
      ONECOUNT_SECRET: this.#secret,
    }
    if (this.redis.startApp) {
      this.#app = await this.redis.startApp(env, this.#appPort)
      return
    }
    const server = join(import.meta.dirname, 'server.ts')
    const program = killOnExit(run(process.execPath, ['--import', 'tsx', server], { env }))
    this.#app = program
    const answers = () => fetch(`http://127.0.0.1:${this.#appPort}/api/health`).then(() => true)
    await until('the application', program, answers)
  }

  async startWorker(): Promise<void> {
    const { worker } = this.redis
    if (!worker) return
    const address = new URL(this.#database)
    address.port = String(this.links.wire.port)
    const env = {
      ...process.env,
      REDIS_URL: this.redis.url,
      PARTITIONS: String(this.redis.partitions),
      DATABASE_URL: String(address),
    }
    const before = this.links.wire.accepted
    this.#worker = killOnExit(run(process.execPath, [...worker], { env }))
    // No other connection goes that way. One that is still starting when the next fault strikes would end.
    await until('the worker', this.#worker, async () => this.links.wire.accepted > before)
  }

  killApp = () => this.#app.kill()
  killWorker = async () => this.#worker?.kill()
  killPostgres = () => this.#postgres.kill()

  /** Whether nothing is missing: where there is no worker, none is. */
  get isWorkerAlive(): boolean {
    if (!this.#worker) return true
    const { exitCode, signalCode } = this.#worker.child
    return exitCode === null && signalCode === null
  }

  /** Starts a worker that has ended, as any supervisor does. Answers its last words; none: it was there. */
  async reviveWorker(): Promise<string[]> {
    if (this.isWorkerAlive) return []
    const ended = this.#worker!
    await this.startWorker()
    const { exitCode, signalCode } = ended.child
    return [`${signalCode ?? `code ${exitCode}`} ${ended.lastWords()}`.trim()]
  }

  async startPostgres(): Promise<void> {
    const { port } = this.#postgres
    const dir = join(this.#dir, 'postgres')
    for (let attempt = 0; ; attempt++) {
      try {
        this.#postgres = killOnExit(await startPostgresServer({ dir, port }))
        return
      } catch (error) {
        // Processes of the server that was killed may hold its memory for another moment.
        if (attempt === ATTEMPTS) throw error
        await pause(PAUSE_MS)
      }
    }
  }

  /** Names of the keys that hold a post. */
  keysOf(postId: string): Keys {
    const { partitions } = this.redis
    return createKeys(tagOf(partitionOf(postId, partitions), partitions))
  }

  /** Who likes which post, from Postgres, as after any loss of Redis. */
  async refillMirrors(): Promise<void> {
    const { client, url, partitions } = this.redis
    for (const pattern of ['*post:liked:*', '*session:likes:*'])
      await Promise.all((await this.redis.keysLike(pattern)).map(key => client.unlink(key)))
    const filler = redisFromEnv({ REDIS_URL: url }, { commandTimeout: FILL_PATIENCE_MS })!
    const postgres = postgresJsPort(this.sql)
    try {
      await createOnecount({ redis: filler.port, postgres, partitions, log: { warn() {} } }).hydrateAll()
    } finally {
      filler.client.disconnect()
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const link of Object.values(this.links ?? {})) link.close()
    const running = [this.#app, this.#worker, this.#supabase, this.#postgres]
    await this.sql?.end({ timeout: 1 })
    await Promise.all([...running.map(program => program?.kill()), this.redis?.stop()])
    await rm(this.#dir, { recursive: true, force: true })
  }
}
