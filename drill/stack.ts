import { randomBytes } from 'node:crypto'
import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createOnecount } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import postgres, { type Sql } from 'postgres'
import { freePort } from '../dev/services/free-port'
import { killOnExit } from '../dev/services/kill-on-exit'
import { applyMigrations } from '../dev/services/migrations'
import { type PostgresServer, startPostgresServer } from '../dev/services/postgres-server'
import { type Running, run, until } from '../dev/services/process'
import { type RedisServer, startRedisServer } from '../dev/services/redis-server'
import { startSupabase } from '../dev/services/supabase'
import { Link } from './link'

const AUTHOR = 'a0070001-aaaa-bbbb-cccc-000000000001'
const WORKER = join(import.meta.dirname, '../packages/onecount/bin/onecount.mjs')

/** How often and how quickly a program that does not start is started again. */
const ATTEMPTS = 100
const PAUSE_MS = 100
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** With `everysec` Redis may answer up to two seconds before it writes: a kill then loses what it has acknowledged. */
const KEEPS_ALL = ['--appendfsync', 'always']

export interface Post {
  id: string
  /** Likes from before rows were kept. */
  base: number
}

/**
 * Everything that runs in production, as processes of this machine. What people, the application and the worker say to
 * others goes through links; the gateway is a stand-in for Supabase's, and its own way to Postgres is not ours to break.
 */
export class Stack {
  readonly #dir: string
  readonly #secret = randomBytes(32).toString('hex')
  readonly #appPort: number
  #postgres!: PostgresServer
  #primary!: RedisServer
  #replica!: RedisServer
  #replicas = 0
  #supabase!: Awaited<ReturnType<typeof startSupabase>>
  #app!: Running
  #worker!: ReturnType<typeof run>
  #database = ''
  #backup: string | null = null
  #isStopped = false
  links!: Record<'people' | 'redis' | 'rest' | 'wire' | 'replication', Link>
  /** Straight to the stores, past every link. */
  sql!: Sql
  redis!: Redis

  private constructor(
    readonly posts: readonly Post[],
    dir: string,
    appPort: number,
  ) {
    this.#dir = dir
    this.#appPort = appPort
  }

  static async start(posts: readonly Post[]): Promise<Stack> {
    const dir = await mkdtemp(join(tmpdir(), 'onecount-drill-'))
    // PostgreSQL runs as a user of its own.
    await chmod(dir, 0o711)
    const stack = new Stack(posts, dir, await freePort())
    try {
      await stack.#start()
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

  async #start(): Promise<void> {
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
    this.#primary = await this.#startRedis()
    await this.#startSupabase()
    this.links = {
      people: await Link.to(this.#appPort, 'http'),
      redis: await Link.to(this.#primary.port, 'resp'),
      rest: await Link.to(Number(new URL(this.#supabase.url).port), 'http'),
      wire: await Link.to(this.#postgres.port, null),
      replication: await Link.to(this.#primary.port, null),
    }
    this.#look()
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

  async #startRedis(args: string[] = []): Promise<RedisServer> {
    return killOnExit(
      await startRedisServer({
        dir: join(this.#dir, `redis-${this.#replicas++}`),
        args: [...KEEPS_ALL, ...args],
      }),
    )
  }

  /** Replication goes through a link that can be silent: then the replica lags. */
  async #startReplica(): Promise<RedisServer> {
    const replica = await this.#startRedis(['--replicaof', '127.0.0.1', String(this.links.replication.port)])
    const client = new Redis(replica.url)
    await until('the replica', { ...replica, lastWords: () => '' }, async () =>
      (await client.info('replication')).includes('master_link_status:up'),
    )
    client.disconnect()
    return replica
  }

  /** Our own eyes on the Redis of now. */
  #look(): void {
    this.redis?.disconnect()
    this.redis = new Redis(this.#primary.url)
    this.redis.on('error', () => {})
  }

  async startApp(): Promise<void> {
    const env = {
      ...process.env,
      PORT: String(this.#appPort),
      REDIS_URL: `redis://127.0.0.1:${this.links.redis.port}`,
      SUPABASE_URL: `http://127.0.0.1:${this.links.rest.port}`,
      SUPABASE_SECRET_KEY: this.#supabase.secretKey,
      ONECOUNT_SECRET: this.#secret,
    }
    const server = join(import.meta.dirname, 'server.ts')
    const program = killOnExit(run(process.execPath, ['--import', 'tsx', server], { env }))
    this.#app = program
    const answers = () => fetch(`http://127.0.0.1:${this.#appPort}/api/health`).then(() => true)
    await until('the application', program, answers)
  }

  async startWorker(): Promise<void> {
    const address = new URL(this.#database)
    address.port = String(this.links.wire.port)
    const env = {
      ...process.env,
      REDIS_URL: `redis://127.0.0.1:${this.links.redis.port}`,
      DATABASE_URL: String(address),
    }
    const before = this.links.wire.accepted
    this.#worker = killOnExit(run(process.execPath, [WORKER, 'worker', '--every', '50'], { env }))
    // Nobody else goes that way. One that is still starting when the next fault strikes would end.
    await until('the worker', this.#worker, async () => this.links.wire.accepted > before)
  }

  killApp = () => this.#app.kill()
  killWorker = () => this.#worker.kill()
  killRedis = () => this.#primary.kill()
  killPostgres = () => this.#postgres.kill()

  get isWorkerAlive(): boolean {
    const { exitCode, signalCode } = this.#worker.child
    return exitCode === null && signalCode === null
  }

  /** Starts a worker that has ended, as any supervisor does. Answers its last words; none: it was there. */
  async reviveWorker(): Promise<string[]> {
    if (this.isWorkerAlive) return []
    const ended = this.#worker
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

  /** Redis with what its append-only file holds. */
  async startRedis(): Promise<void> {
    await this.#restartPrimary([])
  }

  async #restartPrimary(args: string[]): Promise<void> {
    const { dir, port } = this.#primary
    this.#primary = killOnExit(await startRedisServer({ dir, port, args: [...KEEPS_ALL, ...args] }))
    this.#look()
  }

  /** What a restore will bring back. */
  async backUpRedis(): Promise<void> {
    await this.redis.save()
    this.#backup = join(this.#dir, 'backup.rdb')
    await copyFile(join(this.#primary.dir, 'dump.rdb'), this.#backup)
  }

  /** Kills Redis, and starts it with the backup instead of what it held. */
  async restoreRedis(): Promise<void> {
    const { dir } = this.#primary
    await this.#primary.kill()
    await rm(join(dir, 'appendonlydir'), { recursive: true, force: true })
    await copyFile(this.#backup!, join(dir, 'dump.rdb'))
    await this.#restartPrimary(['--appendonly', 'no'])
    await this.#appendAgain()
  }

  /** Until the append-only file is written anew, a kill would lose everything. */
  async #appendAgain(): Promise<void> {
    await this.redis.config('SET', 'appendonly', 'yes')
    await until('the append-only file', { ...this.#primary, lastWords: () => '' }, async () => {
      const info = await this.redis.info('persistence')
      return info.includes('aof_rewrite_in_progress:0') && info.includes('aof_rewrite_scheduled:0')
    })
  }

  /** Kills the primary, makes the replica one, however far it got. */
  async promoteReplica(): Promise<void> {
    await this.#primary.kill()
    await rm(this.#primary.dir, { recursive: true, force: true })
    this.#primary = this.#replica
    this.#look()
    await this.redis.replicaof('NO', 'ONE')
    this.links.redis.retarget(this.#primary.port)
  }

  async startReplica(): Promise<void> {
    this.links.replication.retarget(this.#primary.port)
    this.#replica = await this.#startReplica()
  }

  /** Who likes which post, from Postgres, as after any loss of Redis. */
  async refillMirrors(): Promise<void> {
    const mirrors = await Promise.all(['post:liked:*', 'session:likes:*'].map(name => this.redis.keys(name)))
    await this.redis.unlink('nothing', ...mirrors.flat())
    const client = createRedisClient(`redis://127.0.0.1:${this.links.redis.port}`)
    const postgres = postgresJsPort(this.sql)
    try {
      await createOnecount({ redis: ioredisPort(client), postgres, log: { warn() {} } }).hydrateAll()
    } finally {
      client.disconnect()
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.redis?.disconnect()
    for (const link of Object.values(this.links ?? {})) link.close()
    const running = [this.#app, this.#worker, this.#supabase, this.#replica, this.#primary, this.#postgres]
    await this.sql?.end({ timeout: 1 })
    await Promise.all(running.map(program => program?.kill()))
    await rm(this.#dir, { recursive: true, force: true })
  }
}
