import { StoreRefused, StoreUnavailable } from '../core/errors'

/**
 * Classes of errors by which Postgres says that it cannot serve now, whatever it is asked: connection, read-only
 * transaction after a failover, login, no such database, deadlock, disk and memory, locks, shutdown and timeouts.
 */
const OUTAGES = ['08', '25', '28', '3D', '40', '53', '57', '58', '72']
const OUTAGE_STATES = ['55006', '55P03', '55P04']
/** A deadlock, a conflict of transactions. */
const CONFLICTS = ['40P01', '40001']
/** A timeout or a cancelled call, a lock that was not to be had, a conflict. */
const UNDONE = ['57014', '55P03', ...CONFLICTS]
/** PostgREST without a connection to its Postgres. */
const UNCONNECTED = /^PGRST(00\d|X\d\d)$/

/** The embedded Supabase has a code of its own for SQL errors that it does not tell apart. */
const EMBEDDED = 'SUP'
const EMBEDDED_SQL = /^(PostgresError|error): /

/** What a failed call means: whether Postgres refused it, or could not serve. */
export function failureOf(error: unknown): StoreUnavailable {
  const sqlstate = sqlstateOf(error)
  if (sqlstate === null || isOutage(sqlstate) || endsConnection(error))
    return new StoreUnavailable('postgres', error, 'store', undefined, UNDONE.includes(sqlstate ?? ''))
  const message = error instanceof Error ? error.message : String(error)
  return new StoreRefused(sqlstate, message.replace(EMBEDDED_SQL, ''), error)
}

/**
 * Whether Postgres has undone the call because of another transaction: two that wait for each other, as a press and a
 * change of the post's id. The other one goes on, and the call can be made again.
 */
export const isConflict = (error: unknown): boolean =>
  CONFLICTS.includes(sqlstateOf((error as { cause?: unknown }).cause) ?? '')

const isOutage = (sqlstate: string): boolean =>
  OUTAGES.includes(sqlstate.slice(0, 2)) || OUTAGE_STATES.includes(sqlstate) || UNCONNECTED.test(sqlstate)

/** Poolers say with any code that they have no connection left, or do not know the database. */
function endsConnection(error: unknown): boolean {
  const { severity } = Object(error) as { severity?: unknown }
  return severity === 'FATAL' || severity === 'PANIC'
}

/** The code of an SQL error, or of PostgREST; a driver wraps it. Node's own codes (EPIPE) begin with an E. */
function sqlstateOf(error: unknown): string | null {
  for (let at = error; at instanceof Object; at = (at as { cause?: unknown }).cause) {
    const { code, message } = at as { code?: unknown; message?: unknown }
    if (code === EMBEDDED && EMBEDDED_SQL.test(String(message))) return code
    if (typeof code === 'string' && /^(PGRST\w{3}|(?!E)[0-9A-Z]{5})$/.test(code)) return code
  }
  return null
}
