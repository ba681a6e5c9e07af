import type { Sql } from 'postgres'
import WebSocket from 'ws'
import type { ToForget } from '../compare/compare'
import type { Engines } from '../core/engines'
import { StoreUnavailable } from '../core/errors'
import { DEFAULT_KIND, type Kind } from '../core/kind'
import { NIL_UUID } from '../core/kind-ids'
import type { LoopOptions } from '../core/loop'
import type { Onecount } from '../core/onecount'
import type { BroadcastPort, Logger, PostgresPort } from '../core/ports'
import { countedType } from '../core/variants'
import { withTimeout } from '../core/with-timeout'
import type { Metrics } from '../metrics'
import { functionPrefix } from '../postgres/names'
import { connectPostgresJs } from '../postgres/postgresjs'
import { supabasePort } from '../postgres/supabase'
import { addressForDriver } from './database-parameters'
import { loadPostgresJs, loadSupabase } from './drivers'
import { openEngines } from './open-engines'
import { openRedis } from './open-redis'
import type { RepairRpc } from './repair'
import { MissingSetting, type StoreSettings } from './settings'
import { assertAddress, databaseAddress, openAddress, postgresFailure, supabaseAddress } from './unreachable'

/** The engine on the stores of the settings, with time for large pages. */
export interface Connected {
  onecount: Onecount
  /** @throws StoreUnavailable */
  toForget: ToForget
  repair: RepairRpc
  close(): Promise<void>
}

export interface ConnectOptions {
  log?: Logger
  /** Deadline of one call, milliseconds. A page of a tool may be large, and no visitor waits for it. */
  patienceMs?: number
  drain?: LoopOptions
  /** Tells pages of what was drained. */
  broadcast?: BroadcastPort | null
  /** Gives Postgres to this Redis if it belongs to another one. */
  takeOver?: boolean
  /** Goes on where Postgres belongs to another Redis: that may change. */
  isPatient?: boolean
  /** Counts what the engines do. */
  metrics?: Metrics
}

const PATIENCE_MS = 60_000

/** The engines of several kinds, over one connection to Redis and one pool. */
export interface ConnectedKinds {
  engines: Engines
  storeOf(kind: Kind): KindStore
  close(): Promise<void>
}

/** The engine of the kind of the settings. @throws as `connectKinds` */
export async function connect(settings: StoreSettings, options: ConnectOptions = {}): Promise<Connected> {
  const { kind = DEFAULT_KIND } = settings
  const { engines, storeOf, close } = await connectKinds(settings, [kind], options)
  const { toForget, repair } = storeOf(kind)
  return { onecount: engines.kinds[kind.name]!, toForget, repair, close }
}

/**
 * @throws MissingSetting; Error when a store does not answer, naming it and the setting; ForeignRedis when Postgres
 * belongs to another Redis
 */
export async function connectKinds(
  settings: StoreSettings,
  kinds: readonly Kind[],
  { log, patienceMs = PATIENCE_MS, drain, broadcast, takeOver, isPatient, metrics }: ConnectOptions = {},
): Promise<ConnectedKinds> {
  if (settings.databaseUrl) assertAddress(databaseAddress(settings.databaseUrl))
  const redis = await openRedis(settings, patienceMs)
  let end: () => Promise<void> = async () => {}
  const close = async () => {
    redis.client.disconnect()
    await end()
  }
  try {
    const postgres = await openDatabase(settings, patienceMs)
    end = postgres.end
    for (const kind of kinds) {
      const store = postgres.storeOf(kind)
      await assertAnswers(store.port, { ...settings, kind })
      await assertPartitions(store, settings)
    }
    const engines = openEngines(
      settings,
      kinds,
      { redis: redis.port, postgresOf: kind => postgres.storeOf(kind).port, metrics },
      {
        log,
        drain,
        broadcast,
        takeOver,
        // No visitor waits for a like that a tool writes.
        settings: { deadlineMs: Number.POSITIVE_INFINITY },
      },
    )
    // Tools must not compare or mix a Redis with the Postgres of another one.
    if (!isPatient) await engines.drainer.hasWork()
    return { engines, storeOf: postgres.storeOf, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Another number of partitions than the application has would begin a Redis of its own. @throws MissingSetting */
async function assertPartitions({ partitions }: KindStore, settings: StoreSettings): Promise<void> {
  const [own, theirs] = [settings.partitions ?? 1, await partitions()]
  if (own !== theirs)
    throw new MissingSetting(
      `Postgres is set to ${theirs} partitions, and this command to ${own}: use --partitions ${theirs} (ONECOUNT_PARTITIONS), as the application does`,
    )
}

/** What the commands need of Postgres for one kind. */
export interface KindStore {
  port: PostgresPort
  toForget: ToForget
  /** How many partitions the posts are in. */
  partitions(): Promise<number>
  repair: RepairRpc
}

export interface PostgresStore extends KindStore {
  end(): Promise<void>
}

/** Connections to Postgres that all kinds share. */
interface Database {
  storeOf(kind: Kind): KindStore
  end(): Promise<void>
}

/** Connects with the first call, for the kind of the settings. @throws MissingSetting */
export async function openPostgres(settings: StoreSettings, timeoutMs = PATIENCE_MS): Promise<PostgresStore> {
  const { storeOf, end } = await openDatabase(settings, timeoutMs)
  return { ...storeOf(settings.kind ?? DEFAULT_KIND), end }
}

/** `connections`: to Postgres directly, at most. @throws MissingSetting */
export const openDatabase = (
  settings: StoreSettings,
  timeoutMs: number,
  connections = 4,
): Promise<Database> =>
  settings.databaseUrl
    ? openDirectly(settings.databaseUrl, timeoutMs, connections)
    : openThroughRest(settings.supabaseUrl!, settings.secretKey!, timeoutMs)

/** Names of the tables that onecount has for a kind, and the session that stands for none in them. */
function tablesOf(kind: Kind) {
  const prefix = kind.isDefault ? 'like_' : functionPrefix(kind)
  return {
    log: `${prefix}log`,
    settings: `${prefix}settings`,
    noSession: kind.rows.actorType === 'uuid' ? NIL_UUID : '',
  }
}

/** @throws Error which names the cause and the setting */
export async function assertAnswers(port: PostgresPort, settings: StoreSettings): Promise<void> {
  await port.status(0).catch(error => {
    throw postgresFailure(error, settings)
  })
}

/**
 * Connections of postgres.js, `max` at once. They do not ask for the types of arrays, which no command needs: where
 * such a question is cut off the driver lets the process end. @throws MissingSetting
 */
export async function openSql(databaseUrl: string, max: number): Promise<() => Sql> {
  const postgres = await loadPostgresJs()
  return () =>
    openAddress(databaseAddress(databaseUrl), () => {
      const { url, ...tls } = addressForDriver(databaseUrl)
      return postgres(url, { max, onnotice() {}, prepare: false, fetch_types: false, ...tls })
    })
}

async function openDirectly(databaseUrl: string, timeoutMs: number, connections: number): Promise<Database> {
  const openOne = await openSql(databaseUrl, connections)
  let sql: Sql
  const { portOf, end } = connectPostgresJs(
    () => {
      sql = openOne()
      return sql
    },
    { timeoutMs },
  )
  function storeOf(kind: Kind): KindStore {
    const tables = tablesOf(kind)
    const rows = (postIds: string[]) =>
      sql`select post_id::text from public.${sql(tables.log)}
           where session_id = ${tables.noSession} and post_id in ${sql(postIds)}`
    return {
      port: portOf(kind),
      toForget: inChunks(async postIds => {
        const found = await withTimeout(Promise.resolve(rows(postIds)), timeoutMs, () => {
          throw new Error(`no answer within ${timeoutMs} ms`)
        })
        return found.map(row => row.post_id)
      }),
      async partitions() {
        const [row] = await sql`select partitions from public.${sql(tables.settings)}`
        return row!.partitions
      },
      repair: (name, args) => repairPage(sql, name, args, functionPrefix(kind)),
    }
  }
  return { storeOf, end }
}

/**
 * One call of the repair, over a connection of the owner of the tables or of the service role, of the kind whose
 * functions begin with `prefix`.
 */
export async function repairPage(
  sql: Sql,
  name: Parameters<RepairRpc>[0],
  args: Parameters<RepairRpc>[1],
  prefix = 'onecount_',
): Promise<unknown> {
  const names = Object.keys(args)
  const list = names.map((arg, i) => `${arg} => $${i + 1}`).join(', ')
  const values = names.map(arg => args[arg]!)
  const [row] = await sql.unsafe(`select public.${prefix}repair_${name}(${list}) as result`, values)
  return row!.result
}

async function openThroughRest(url: string, key: string, timeoutMs: number): Promise<Database> {
  const createClient = await loadSupabase()
  const client = openAddress(supabaseAddress(url), () =>
    createClient(url, key, {
      auth: { persistSession: false, autoRefreshToken: false },
      realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
    }),
  )
  function storeOf(kind: Kind): KindStore {
    const tables = tablesOf(kind)
    // A number of JSON does not hold every bigint.
    const postId = countedType(kind) === 'bigint' ? 'post_id::text' : 'post_id'
    return {
      port: supabasePort(client, { timeoutMs, kind }),
      toForget: inChunks(async postIds => {
        const { data, error } = await client
          .from(tables.log)
          .select(postId)
          .eq('session_id', tables.noSession)
          .in('post_id', postIds)
          .abortSignal(AbortSignal.timeout(timeoutMs))
        if (error) throw new Error(error.message, { cause: error })
        return (data as unknown as { post_id: string }[]).map(row => row.post_id)
      }),
      async partitions() {
        const { data, error } = await client
          .from(tables.settings)
          .select('partitions')
          .abortSignal(AbortSignal.timeout(timeoutMs))
          .single()
        if (error) throw new Error(error.message, { cause: error })
        return data.partitions
      },
      async repair(name, args) {
        const { data, error } = await client.rpc(`${functionPrefix(kind)}repair_${name}`, args)
        if (error) throw Object.assign(new Error(error.message), { code: error.code })
        return data
      },
    }
  }
  return { storeOf, end: async () => {} }
}

/** Ids in one question: as many as an address of the REST interface can hold. */
const AT_ONCE = 100

function inChunks(ask: (postIds: string[]) => Promise<string[]>): ToForget {
  return async postIds => {
    const found = new Set<string>()
    try {
      for (let at = 0; at < postIds.length; at += AT_ONCE)
        for (const id of await ask(postIds.slice(at, at + AT_ONCE))) found.add(id)
    } catch (error) {
      throw new StoreUnavailable('postgres', error)
    }
    return found
  }
}
