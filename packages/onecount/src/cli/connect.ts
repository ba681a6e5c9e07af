import type { Sql } from 'postgres'
import WebSocket from 'ws'
import { StoreUnavailable } from '../core/errors'
import { DEFAULT_KIND, type Kind } from '../core/kind'
import { NOBODY } from '../core/kind-ids'
import type { LoopOptions } from '../core/loop'
import { createOnecount, type Onecount } from '../core/onecount'
import type { Logger, PostgresPort } from '../core/ports'
import { countedType } from '../core/variants'
import { within } from '../core/within'
import { functionPrefix } from '../postgres/names'
import { connectPostgresJs } from '../postgres/postgresjs'
import { supabasePort } from '../postgres/supabase'
import { loadPostgresJs, loadSupabase } from './drivers'
import { openRedis } from './open-redis'
import type { RepairRpc } from './repair'
import { MissingSetting, type StoreSettings } from './settings'
import { databaseAddress, openAddress, postgresUnreachable, supabaseAddress } from './unreachable'

/** Those of the posts that Redis has yet to forget: they were removed, or their likes were set by hand. */
export type ToForget = (postIds: string[]) => Promise<Set<string>>

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
  /** Deadline of one call, milliseconds. A page of a tool may be large, and nobody waits for it on a screen. */
  patienceMs?: number
  drain?: LoopOptions
  /** Gives Postgres to this Redis if it belongs to another one. */
  takeOver?: boolean
  /** Goes on where Postgres belongs to another Redis: that may change. */
  isPatient?: boolean
}

const PATIENCE_MS = 60_000

/**
 * @throws MissingSetting; Error when a store does not answer, naming it and the setting; ForeignRedis when Postgres belongs
 * to another Redis
 */
export async function connect(
  settings: StoreSettings,
  { log, patienceMs = PATIENCE_MS, drain, takeOver, isPatient }: ConnectOptions = {},
): Promise<Connected> {
  const redis = await openRedis(settings, patienceMs)
  let end: () => Promise<void> = async () => {}
  const close = async () => {
    redis.client.disconnect()
    await end()
  }
  try {
    const store = await openPostgres(settings, patienceMs)
    end = store.end
    await assertAnswers(store.port, settings)
    await assertPartitions(store, settings)
    const onecount = createOnecount({
      redis: redis.port,
      ...layoutOf(settings),
      redisId: settings.redisId,
      postgres: store.port,
      log,
      drain,
      takeOver,
      // Nobody waits on a screen for a like of a tool.
      settings: { deadlineMs: Number.POSITIVE_INFINITY },
    })
    // Tools must not compare or mix a Redis with the Postgres of another one.
    if (!isPatient) await onecount.drain.hasWork()
    return { onecount, toForget: store.toForget, repair: store.repair, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** How the engine is to lay out its keys. */
export const layoutOf = ({ partitions = 1, likers = true }: StoreSettings) => ({
  partitions,
  indexes: { likers },
})

/** Another number of partitions than the application has would begin a Redis of its own. @throws MissingSetting */
async function assertPartitions({ partitions }: PostgresStore, settings: StoreSettings): Promise<void> {
  const [own, theirs] = [settings.partitions ?? 1, await partitions()]
  if (own !== theirs)
    throw new MissingSetting(
      `Postgres is set to ${theirs} partitions, and this command to ${own}: use --partitions ${theirs} (ONECOUNT_PARTITIONS), as the application does`,
    )
}

export interface PostgresStore {
  port: PostgresPort
  toForget: ToForget
  /** How many partitions the posts are in. */
  partitions(): Promise<number>
  repair: RepairRpc
  end(): Promise<void>
}

/** Connects with the first call, for the kind of the settings. @throws MissingSetting */
export async function openPostgres(settings: StoreSettings, timeoutMs = PATIENCE_MS): Promise<PostgresStore> {
  const { kind = DEFAULT_KIND } = settings
  return settings.databaseUrl
    ? openDirectly(settings.databaseUrl, kind, timeoutMs)
    : openThroughRest(settings.supabaseUrl!, settings.secretKey!, kind, timeoutMs)
}

/** Names of the tables that onecount has for a kind, and the session that stands for nobody in them. */
function tablesOf(kind: Kind) {
  const prefix = kind.isDefault ? 'like_' : functionPrefix(kind)
  return {
    log: `${prefix}log`,
    settings: `${prefix}settings`,
    nobody: kind.rows.actorType === 'uuid' ? NOBODY : '',
  }
}

/** @throws Error which names the cause and the setting */
export async function assertAnswers(port: PostgresPort, settings: StoreSettings): Promise<void> {
  await port.status(0).catch(error => {
    throw postgresUnreachable(error, settings)
  })
}

/**
 * Connections of postgres.js, `max` at once. They do not ask for the types of arrays, which nobody here needs: where such
 * a question is cut off the driver lets the process end. @throws MissingSetting
 */
export async function openSql(databaseUrl: string, max: number): Promise<() => Sql> {
  const postgres = await loadPostgresJs()
  return () =>
    openAddress(databaseAddress(databaseUrl), () =>
      postgres(databaseUrl, { max, onnotice() {}, prepare: false, fetch_types: false }),
    )
}

async function openDirectly(databaseUrl: string, kind: Kind, timeoutMs: number): Promise<PostgresStore> {
  const tables = tablesOf(kind)
  const openOne = await openSql(databaseUrl, 4)
  let sql: Sql
  const open = () => {
    sql = openOne()
    return sql
  }
  const rows = (postIds: string[]) =>
    sql`select post_id::text from public.${sql(tables.log)}
         where session_id = ${tables.nobody} and post_id in ${sql(postIds)}`
  return {
    ...connectPostgresJs(open, { timeoutMs, kind }),
    toForget: inChunks(async postIds => {
      const found = await within(Promise.resolve(rows(postIds)), timeoutMs, () => {
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

/**
 * One call of the repair, over a connection of the owner of the tables or of the service role, of the kind whose functions
 * begin with `prefix`.
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

async function openThroughRest(
  url: string,
  key: string,
  kind: Kind,
  timeoutMs: number,
): Promise<PostgresStore> {
  const tables = tablesOf(kind)
  // A number of JSON does not hold every bigint.
  const postId = countedType(kind) === 'bigint' ? 'post_id::text' : 'post_id'
  const createClient = await loadSupabase()
  const client = openAddress(supabaseAddress(url), () =>
    createClient(url, key, {
      auth: { persistSession: false, autoRefreshToken: false },
      realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
    }),
  )
  return {
    port: supabasePort(client, { timeoutMs, kind }),
    toForget: inChunks(async postIds => {
      const { data, error } = await client
        .from(tables.log)
        .select(postId)
        .eq('session_id', tables.nobody)
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
    end: async () => {},
  }
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
