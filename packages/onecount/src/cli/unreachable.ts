import { isTorn } from '../redis/address'
import { NoDatabase } from '../redis/database'
import { kindShownBy, WRONG_KIND } from '../redis/wrong-kind'
import { parametersOf } from './database-parameters'
import { MissingSetting, type StoreSettings } from './settings'

const LOCAL = 'the local stack of .onecount/dev.json'

export const APPLY_MIGRATIONS = 'apply what npx onecount migration prints; it can be applied again'

/** A store that cannot be used: what was found, and what to do about it. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
  constructor(
    readonly found: string,
    readonly fix: string,
  ) {
    super(`${found}: ${fix}`)
  }
}

/** Of Redis: the cause, and the setting to correct. */
export function redisUnreachable(cause: unknown, { isLocal }: StoreSettings): Unreachable {
  const name = isLocal ? LOCAL : 'REDIS_URL'
  const why = whyOf(cause)
  const kind = kindShownBy(cause)
  if (kind) {
    const { found, fix } = WRONG_KIND[kind]
    return new Unreachable(`Redis is of another kind than ${name} says (${found}: ${why})`, fix)
  }
  if (cause instanceof NoDatabase)
    return new Unreachable(
      `Redis has no database ${cause.db} (${cause.reply})`,
      `correct the number at the end of ${name}`,
    )
  return /WRONGPASS|NOAUTH|invalid password|without any password/i.test(why)
    ? new Unreachable(`Redis refuses the login (${why})`, `correct the user and the password in ${name}`)
    : new Unreachable(
        `Redis does not answer (${why})`,
        `see that it runs, and that ${name} is its address, rediss:// with TLS`,
      )
}

/** Of SQL, and of postgres.js where the server proves that it does not know the password. */
const LOGIN = /^(28...|SASL_SIGNATURE_MISMATCH)$/
const NO_DATABASE = '3D000'
const NO_RIGHT = '42501'
/**
 * A parameter of the address that the server does not know or take, 08P01 of a pooler in front of it: see
 * `refusedParameter`.
 */
const NO_PARAMETER = /^(42704|22023|55P02|08P01)$/
export const NOT_MIGRATED = ['42883', '42P01', '42703', 'PGRST202', 'PGRST205']

/**
 * What makes the functions and tables of a kind. Without `--shadow` it ends shadow mode, and old code counts twice.
 * Where the database was not asked (`isShadowed` is left out), the advice names both.
 */
export function applyFor(kind: StoreSettings['kind'], isShadowed?: boolean): string {
  if (!kind || kind.isDefault) return APPLY_MIGRATIONS
  const print = `apply what npx onecount migration --kind ${kind.name}`
  // Counts in a table of onecount have no shadow mode.
  const isUnknown = isShadowed === undefined && kind.target.count !== null
  return `${print}${isShadowed ? ' --shadow' : ''} prints${isUnknown ? ' (in shadow mode: with --shadow)' : ''}; it can be applied again`
}

/**
 * A server that is away or takes no more calls: errors of sockets and of TLS, of postgres.js, of PostgREST, and classes
 * of SQL that are about the server (08, 53, 57).
 */
const OUTAGE = new RegExp(
  `^(${[
    /E[A-Z]+|EAI_[A-Z]+|ERR_(?:TLS|SSL)_\w+|UND_ERR_\w+/,
    /\w*CERT\w*|UNABLE_TO_\w+/,
    /CONNECT_TIMEOUT|CONNECTION_\w+/,
    /PGRST00\d/,
    /(?:08|53|57)\w{3}/,
  ]
    .map(({ source }) => source)
    .join('|')})$`,
)

function isOutage(cause: unknown, isRest: boolean): boolean {
  const code = codeOf(cause)
  if (code) return OUTAGE.test(code)
  // Through REST what has no code is the answer of something that is not PostgREST, or none at all.
  return /^no answer /.test(whyOf(cause)) || (isRest && !(cause instanceof TypeError))
}

/**
 * What to say of a call to Postgres that failed, whichever way it is reached: `Unreachable` with the cause and the
 * setting where the store cannot be used. Any other error is not about that, and is answered as it is.
 */
export function postgresFailure(error: unknown, { databaseUrl, isLocal, kind }: StoreSettings): unknown {
  const cause = rootOf(error)
  const why = whyOf(cause)
  const code = codeOf(cause)
  const [address, key] = isLocal
    ? [LOCAL, LOCAL]
    : databaseUrl
      ? ['DATABASE_URL', 'DATABASE_URL']
      : ['SUPABASE_URL', 'SUPABASE_SECRET_KEY']
  const parameter = databaseUrl && NO_PARAMETER.test(code) && refusedParameter(databaseUrl, why)
  if (parameter)
    return new Unreachable(
      `Postgres does not take the parameter ${parameter} of ${address} (${why})`,
      `remove ${parameter} from what follows the ? in ${address}`,
    )
  if (NOT_MIGRATED.includes(code))
    return new Unreachable(`The migrations are missing in Postgres (${why})`, applyFor(kind))
  if (LOGIN.test(code))
    return new Unreachable(
      `Postgres refuses the login (${why})`,
      `correct the user and the password in ${address}`,
    )
  if (code === NO_DATABASE)
    return new Unreachable(
      `Postgres has no such database (${why})`,
      `correct the name at the end of ${address}`,
    )
  if (!databaseUrl && /api ?key|jwt|unauthorized|permission denied/i.test(why))
    return new Unreachable(`Postgres refuses the key (${why})`, `correct ${key}`)
  if (code === NO_RIGHT)
    return new Unreachable(
      `Postgres refuses what the user may not do (${why})`,
      `in ${address} name the owner of the tables, or a user that has service_role`,
    )
  if (!isOutage(cause, !databaseUrl)) return error
  return new Unreachable(
    `Postgres does not answer (${why})`,
    `see that it runs, and that ${address} is its address`,
  )
}

/** The parameter of the address that a message names, in whichever language the server writes it. */
const refusedParameter = (databaseUrl: string, message: string): string | undefined => {
  const words = message.split(/[^\w.]+/)
  return parametersOf(databaseUrl).find(name => name !== '' && words.includes(name))
}

/** What a failed call is about, in words; the kinds that Node leaves without a message have a code. */
export function whyOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(whyOf).join(', ')
  if (!(error instanceof Object)) return String(error)
  const { message, details } = error as { message?: string; details?: string }
  const below = /^Caused by: \w+: *(.*)$/m.exec(details ?? '')?.[1]
  return [message || codeOf(error) || 'no reason given', below].filter(Boolean).join(': ').replace(/\.$/, '')
}

export const codeOf = (error: unknown): string =>
  error instanceof Object && 'code' in error ? String(error.code) : ''

/** Below the wrapping of the ports. */
function rootOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Object ? rootOf(error.cause) : error
}

interface Address {
  name: string
  text: string
  schemes: readonly string[]
  example: string
}

export const redisAddress = (text: string): Address => ({
  name: 'REDIS_URL',
  text,
  // Without a scheme: `host:port`, or the path of a socket.
  schemes: text.includes('://') ? ['redis:', 'rediss:'] : [''],
  example: 'redis://user:password@host:6379',
})
export const databaseAddress = (text: string): Address => ({
  name: 'DATABASE_URL',
  text,
  schemes: ['postgres:', 'postgresql:'],
  example: 'postgres://user:password@host:5432/database',
})
export const supabaseAddress = (text: string): Address => ({
  name: 'SUPABASE_URL',
  text,
  schemes: ['https:', 'http:'],
  example: 'https://project.supabase.co',
})

/** What a driver makes of an address that it can read. @throws MissingSetting which does not repeat the address */
export function openAddress<T>({ name, text, schemes, example }: Address, open: () => T): T {
  try {
    if (schemes.some(scheme => text.startsWith(scheme)) && !isTorn(text)) return open()
  } catch {
    // What the driver says may hold the password.
  }
  throw new MissingSetting(
    `${name} cannot be read: write ${example}, and / ? # @ % in a password as %2F %3F %23 %40 %25`,
  )
}

/** Before anything is connected. @throws MissingSetting */
export const assertAddress = (address: Address): void => openAddress(address, () => {})
