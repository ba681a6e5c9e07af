import { DEFAULT_KIND, type Kind } from '../core/kind'
import type { PostgresPort } from '../core/ports'
import { countedType } from '../core/variants'
import { postgresPort, type Rpc, type RpcArgs } from './rpc'

/** Types of the functions' arguments, by the end of their names; those of ids are the kind's. */
const TYPES: [suffix: string, type: string | ((kind: Kind) => string)][] = [
  ['posts', kind => `${countedType(kind)}[]`],
  ['pairs', kind => `${countedType(kind)}[]`],
  ['sessions', kind => `${kind.rows.actorType}[]`],
  ['ops', 'bigint[]'],
  ['revs', 'bigint[]'],
  ['after', countedType],
  ['post', countedType],
  ['session', kind => kind.rows.actorType],
  ['op', 'bigint'],
  ['now', 'bigint'],
  ['ahead', 'bigint'],
  ['limit', 'integer'],
  ['most', 'integer'],
  ['days', 'integer'],
  ['partition', 'integer'],
  ['partitions', 'integer'],
  ['parent', 'text'],
  ['nonce', 'text'],
  ['owner', 'text'],
  ['from', 'text'],
  ['drop', 'boolean'],
]

/** What is used of the connections of postgres.js, whose types an application with another driver does not have. */
export interface PostgresJsClient {
  /** How the connections were made. */
  readonly options: { readonly prepare: boolean }
  /** Runs a text of SQL. */
  unsafe(
    query: string,
    parameters: (string | null)[],
    options: { prepare: boolean },
  ): PromiseLike<readonly Record<string, unknown>[]>
  /** Closes the connections; `timeout` in seconds. */
  end(options: { timeout: number }): Promise<void>
}

/**
 * Postgres directly, through postgres.js as the service role or the owner of the tables. Statements are prepared, which
 * saves a round trip a call: where a transaction pooler stands in between, make the connections with `prepare: false`.
 * Make the connections with `fetch_types: false`: where that question of the driver is cut off, no caller handles the rejection, and it ends the
 * process.
 * @example
 * postgresJsPort(postgres(process.env.DATABASE_URL!, { fetch_types: false }), { kind: config.kinds.bookmark })
 */
export function postgresJsPort(sql: PostgresJsClient, options?: PostgresJsOptions): PostgresPort {
  return postgresPort(postgresJsRpc(sql, options), options?.kind && { kind: options.kind })
}

/** What {@link postgresJsPort} takes. */
export interface PostgresJsOptions {
  /**
   * Deadline of one call, milliseconds.
   * @default 5000
   */
  timeoutMs?: number
  /**
   * Whose functions are called, of `defineConfig`.
   * @default the kind that there is without a configuration
   */
  kind?: Kind
}

/** Calls the SQL functions through postgres.js. */
export function postgresJsRpc(
  sql: PostgresJsClient,
  { timeoutMs = 5000, kind = DEFAULT_KIND }: PostgresJsOptions = {},
): Rpc {
  return (name, args) => call(sql, name, args, kind, timeoutMs)
}

/** Connections that {@link connectPostgresJs} has made. */
export interface PostgresJsConnection {
  /** The driver of `kind` of the options. */
  port: PostgresPort
  /**
   * The driver of another kind over the same connections.
   * @example
   * const postgres = connection.portOf(config.kinds.bookmark)
   */
  portOf(kind: Kind): PostgresPort
  /**
   * Closes them.
   * @example
   * await connection.end()
   */
  end(): Promise<void>
}

/**
 * The same for a process that runs for long: `open` makes the connections, and makes them anew when a call was not
 * answered in time, as one whose other end is gone would never be given back.
 * @example
 * const { portOf, end } = connectPostgresJs(() => postgres(url, { fetch_types: false }))
 * createEngines(config, { redis, postgres: portOf })
 */
export function connectPostgresJs(
  open: () => PostgresJsClient,
  { timeoutMs = 5000, kind = DEFAULT_KIND }: PostgresJsOptions = {},
): PostgresJsConnection {
  let sql = open()
  async function run(of: Kind, name: string, args: RpcArgs): Promise<unknown> {
    const used = sql
    try {
      return await call(used, name, args, of, timeoutMs)
    } catch (error) {
      if (error instanceof Late && used === sql) {
        sql = open()
        used.end({ timeout: 0 }).catch(() => {})
      }
      throw error
    }
  }
  const portOf = (of: Kind) => postgresPort((name, args) => run(of, name, args), { kind: of })
  return { port: portOf(kind), portOf, end: () => sql.end({ timeout: 2 }) }
}

async function call(
  sql: PostgresJsClient,
  name: string,
  args: RpcArgs,
  kind: Kind,
  timeoutMs: number,
): Promise<unknown> {
  const names = Object.keys(args)
  const list = names.map((arg, i) => `${arg} => $${i + 1}::text::${typeOf(arg, kind)}`).join(', ')
  const query = sql.unsafe(
    `select public.${name}(${list}) as result`,
    names.map(arg => literal(args[arg]!)),
    { prepare: sql.options.prepare },
  )
  const [row] = await withDeadline(query, timeoutMs, () => cancel(query))
  return row?.result ?? null
}

/**
 * `query.cancel()` drops the promise of the connection that it makes: where that is refused, as by a Postgres that is
 * gone, no caller handles the rejection, and it ends the process. So the function behind it is called.
 *
 * A query that was sent behind another one on its connection is left to run: the driver would take the answer to it for
 * that of the query behind it, and so on, for as long as the connection lasts.
 */
function cancel(query: object): void {
  const { canceller, state, active } = query as DriverQuery
  if (state && !active) return
  canceller?.(query).catch(() => {})
}

/**
 * What the driver keeps of a query: on which connection it was sent, and whether it is the one that is being answered.
 */
interface DriverQuery {
  canceller?: ((query: object) => Promise<void>) | null
  state?: object | null
  active?: boolean
}

function typeOf(arg: string, kind: Kind): string {
  const type = TYPES.find(([suffix]) => arg.endsWith(`_${suffix}`))![1]
  return typeof type === 'string' ? type : type(kind)
}

/** Everything travels as text in Postgres' own notation and is cast to its type there. */
function literal(value: RpcArgs[string]): string | null {
  if (Array.isArray(value)) return value.length === 0 ? '{}' : `{"${escaped(value).join('","')}"}`
  return value === null ? null : String(value)
}

/** Looks at all items at once: a batch has thousands of them, and hardly ever one to escape. */
function escaped(items: string[]): string[] {
  return /["\\]/.test(items.join('')) ? items.map(item => item.replace(/["\\]/g, '\\$&')) : items
}

/** The deadline of a call has passed, and its connection says nothing. */
class Late extends Error {}

/** How long a Postgres that was asked to cancel a call has to say that it did, milliseconds. */
const CANCEL_MS = 500
const CANCELLED = '57014'

/**
 * Does not trust the connection to say that it is dead: past the deadline the call has failed. It is cancelled then,
 * and a Postgres that says so has undone it.
 */
async function withDeadline<T>(call: PromiseLike<T>, ms: number, cancel: () => void): Promise<T> {
  const timers: NodeJS.Timeout[] = []
  let reading: NodeJS.Immediate | undefined
  const says = `no answer within ${ms} ms`
  const late = new Promise<never>((_, reject) => {
    const end = () => reject(new Late(says))
    const begin = () => {
      cancel()
      timers.push(setTimeout(end, CANCEL_MS))
    }
    // What a frozen or busy process finds in the socket is read between its timers and this.
    timers.push(
      setTimeout(() => {
        reading = setImmediate(begin)
      }, ms),
    )
  })
  try {
    return await Promise.race([call, late])
  } catch (cause) {
    const isCancelled = timers.length > 1 && (cause as { code?: unknown }).code === CANCELLED
    throw isCancelled ? new Error(says, { cause }) : cause
  } finally {
    for (const timer of timers) clearTimeout(timer)
    clearImmediate(reading)
  }
}
