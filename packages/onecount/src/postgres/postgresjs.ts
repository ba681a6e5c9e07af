import type { Sql } from 'postgres'
import type { PostgresPort } from '../core/ports'
import { postgresPort, type RpcArgs } from './rpc'

/** Types of the functions' arguments, by the end of their names. */
const TYPES: [suffix: string, type: string][] = [
  ['posts', 'uuid[]'],
  ['sessions', 'text[]'],
  ['ops', 'bigint[]'],
  ['revs', 'bigint[]'],
  ['after', 'uuid'],
  ['post', 'uuid'],
  ['session', 'text'],
  ['op', 'bigint'],
  ['now', 'bigint'],
  ['limit', 'integer'],
  ['partition', 'integer'],
  ['parent', 'text'],
  ['nonce', 'text'],
]

/**
 * Postgres directly, through postgres.js as the service role or the owner of the tables. Nothing is prepared on the
 * server, so a transaction pooler may stand in between. `timeoutMs`: deadline of one call.
 */
export function postgresJsPort(sql: Sql, { timeoutMs = 5000 } = {}): PostgresPort {
  return postgresPort(async (name, args) => {
    const names = Object.keys(args)
    const list = names.map((arg, i) => `${arg} => $${i + 1}::text::${typeOf(arg)}`).join(', ')
    const query = sql.unsafe(
      `select public.${name}(${list}) as result`,
      names.map(arg => literal(args[arg]!)),
      { prepare: false },
    )
    const [row] = await withDeadline(query, timeoutMs, () => query.cancel())
    return row?.result ?? null
  })
}

const typeOf = (arg: string): string => TYPES.find(([suffix]) => arg.endsWith(`_${suffix}`))![1]

/** Everything travels as text in Postgres' own notation and is cast to its type there. */
function literal(value: RpcArgs[string]): string | null {
  if (Array.isArray(value)) return `{${value.map(item => `"${item.replace(/(["\\])/g, '\\$1')}"`).join(',')}}`
  return value === null ? null : String(value)
}

/** Does not trust the connection to say that it is dead: past the deadline the call has failed. */
async function withDeadline<T>(call: PromiseLike<T>, ms: number, cancel: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      cancel()
      reject(new Error(`no answer within ${ms} ms`))
    }, ms)
  })
  try {
    return await Promise.race([call, late])
  } finally {
    clearTimeout(timer)
  }
}
