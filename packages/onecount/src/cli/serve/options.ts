import type { TokenOptions } from '../../jose'
import { BROADCAST_OPTION } from '../broadcast'
import { METRICS_OPTIONS, type MetricsPlace, readMetricsPlace } from '../metrics-server'
import { parseOptions } from '../parse-options'
import { STORE_OPTIONS, type StoreOptions, UsageError } from '../settings'

const PORT = 3100
const HOST = '127.0.0.1'
const MOST_PROCESSES = 64

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  origin: { type: 'string', multiple: true },
  'base-path': { type: 'string' },
  processes: { type: 'string' },
  'no-drain': { type: 'boolean' },
  'no-anonymous': { type: 'boolean' },
  jwks: { type: 'string' },
  issuer: { type: 'string' },
  audience: { type: 'string', multiple: true },
  'authorized-party': { type: 'string', multiple: true },
  claim: { type: 'string' },
  json: { type: 'boolean' },
  ...BROADCAST_OPTION,
  ...METRICS_OPTIONS,
  ...STORE_OPTIONS,
  help: { type: 'boolean' },
} as const

/** What `npx onecount serve` was told. */
export interface ServeOptions {
  port: number
  host: string
  basePath: string
  /** Pages of these may read and like. */
  origins: string[]
  processes: number
  drains: boolean
  /** Whether pages are told of likes by Realtime. */
  broadcasts: boolean
  anonymous: boolean
  /** How tokens of the application are verified; null: it has none. */
  token: TokenOptions | null
  isJson: boolean
  /** Where metrics are answered; null: nowhere. Of several processes that of the first. */
  metrics: MetricsPlace | null
  stores: StoreOptions
}

type Env = Record<string, string | undefined>

/** Null: help was asked for. @throws UsageError */
export function readServeOptions(args: string[], env: Env): ServeOptions | null {
  const { values } = parseOptions({ args, options: OPTIONS })
  if (values.help) return null
  const token = tokenOptions(values, env)
  const anonymous = !values['no-anonymous']
  const processes = integer('--processes', values.processes ?? '1', 1, MOST_PROCESSES)
  const metrics = readMetricsPlace(values, env)
  if (metrics && metrics.port + processes > 65_536)
    throw new UsageError(
      `--metrics ${metrics.port} leaves no port for each of ${processes} processes: use a lower one`,
    )
  if (!anonymous && !token)
    throw new UsageError('--no-anonymous without --jwks: no visitor could like; name the keys of your tokens')
  return {
    port: portOf(values.port, env.PORT || undefined),
    host: values.host ?? HOST,
    basePath: basePathOf(values['base-path'] ?? '/api'),
    origins: [
      ...originsOf('ONECOUNT_TRUSTED_ORIGINS', listOf(env.ONECOUNT_TRUSTED_ORIGINS)),
      ...originsOf('--origin', (values.origin ?? []).flatMap(listOf)),
    ],
    processes,
    drains: !values['no-drain'],
    broadcasts: values.broadcast ?? false,
    anonymous,
    token,
    isJson: values.json ?? false,
    metrics,
    stores: values,
  }
}

interface TokenValues {
  jwks?: string
  issuer?: string
  audience?: string[]
  'authorized-party'?: string[]
  claim?: string
}

function tokenOptions(values: TokenValues, env: Env): TokenOptions | null {
  const jwks = values.jwks ?? (env.ONECOUNT_JWKS || undefined)
  const secret = env.ONECOUNT_JWT_SECRET || undefined
  const audience = values.audience ?? listOf(env.ONECOUNT_JWT_AUDIENCE)
  const authorizedParties = values['authorized-party'] ?? listOf(env.ONECOUNT_JWT_AUTHORIZED_PARTIES)
  const issuer = values.issuer ?? (env.ONECOUNT_JWT_ISSUER || undefined)
  if (jwks || secret)
    return {
      jwks,
      secret,
      issuer,
      audience,
      ...(authorizedParties.length > 0 && { authorizedParties }),
      claim: values.claim,
    }
  for (const name of ['issuer', 'audience', 'authorized-party', 'claim'] as const)
    if (values[name] !== undefined)
      throw new UsageError(`--${name} without --jwks: name the address of the keys of your tokens`)
  return null
}

function portOf(given: string | undefined, inEnvironment: string | undefined): number {
  const name = given === undefined && inEnvironment !== undefined ? 'PORT' : '--port'
  return integer(name, given ?? inEnvironment ?? String(PORT), 0, 65_535)
}

/** Sites, as browsers write them; never a pattern: cookies go along. `name`: of the setting. */
const originsOf = (name: string, texts: string[]): string[] =>
  texts.map(text => {
    const { origin, protocol, hostname } = URL.canParse(text) ? new URL(text) : NO_URL
    if (/^https?:$/.test(protocol) && !hostname.includes('*')) return origin
    throw new UsageError(
      `${name} ${text} is no origin: name each site whose pages may like, as https://app.example.com`,
    )
  })

const NO_URL = { origin: '', protocol: '', hostname: '' }

function basePathOf(text: string): string {
  if (/^(\/[\w.~-]+)+$/.test(text)) return text
  throw new UsageError(`--base-path ${text} is no path: begin with a slash and end without one, as /api`)
}

function integer(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new UsageError(`${name} ${text} is not understood: use a number from ${least} to ${most}`)
}

export const listOf = (text = ''): string[] => text.split(',').flatMap(item => item.trim() || [])
