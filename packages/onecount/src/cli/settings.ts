import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { MOST_PARTITIONS } from '../core/keys'
import type { Kind } from '../core/kind'

/** Where the stores of an application are. */
export interface StoreSettings {
  /** Of a cluster several addresses, separated by commas, or one where `isCluster` says so. */
  redisUrl: string
  isCluster?: boolean
  /** Direct Postgres; preferred when it is there. */
  databaseUrl?: string
  supabaseUrl?: string
  secretKey?: string
  /** Id of Redis in place of one made of its address. */
  redisId?: string
  /** They are those of a local stack, from `.onecount/dev.json`. */
  isLocal?: boolean
  /** Into how many parts the keys are split; 1 where left out. */
  partitions?: number
  /** False: `post:liked:<post>` is not kept. */
  likers?: boolean
  /** What is counted; the kind that there is without a configuration where left out. */
  kind?: Kind
}

/** Of every command that uses the stores of a kind. */
export const KIND_OPTIONS = { config: { type: 'string' }, kind: { type: 'string' } } as const

export const KIND_HELP = `  --config FILE    the configuration, where it is not onecount.config.ts, .mjs or .js
  --kind NAME      the kind of the configuration that is meant`

/** Of every command that uses Redis. */
export const CLUSTER_OPTION = { cluster: { type: 'boolean' } } as const

export const CLUSTER_HELP = `  --cluster        REDIS_URL is one address of a Redis Cluster (REDIS_CLUSTER=1); several, a:6379,b:6379, always are`

/** Options of every command that uses the stores, for parseArgs: as the application that they belong to has them. */
export const STORE_OPTIONS = {
  partitions: { type: 'string' },
  'no-likers': { type: 'boolean' },
  ...CLUSTER_OPTION,
  ...KIND_OPTIONS,
} as const

/** How they are explained. */
export const STORE_OPTIONS_HELP = `  --partitions N   into how many parts the keys are split, as in the application (ONECOUNT_PARTITIONS, 1)
  --no-likers      post:liked:<post> is not kept, as in the application (ONECOUNT_LIKERS=off)
${CLUSTER_HELP}
${KIND_HELP}`

export interface KindOptions {
  config?: string
  kind?: string
}

export interface StoreOptions extends KindOptions {
  partitions?: string
  'no-likers'?: boolean
  cluster?: boolean
}

/** Settings as `readSettings`, with what a command was given. @throws MissingSetting */
export function storeSettings(values: StoreOptions): StoreSettings {
  const settings = readSettings()
  return {
    ...settings,
    ...(values.partitions !== undefined && {
      partitions: parsePartitions('--partitions', values.partitions),
    }),
    ...(values['no-likers'] && { likers: false }),
    ...(values.cluster && { isCluster: true }),
  }
}

/**
 * A setting is missing or cannot be used: `message` says which, and after a colon what to do. `at`: what programs read
 * where the message does not begin so.
 */
export class MissingSetting extends Error {
  override readonly name = 'MissingSetting'
  constructor(
    message: string,
    readonly at: { code?: string; setting?: string; fix?: string } = {},
  ) {
    super(message)
  }
}

/** The command was called in a way that it does not have: its help says which ways there are. */
export class UsageError extends MissingSetting {}

const STORES = [
  'REDIS_URL',
  'DATABASE_URL',
  'SUPABASE_URL',
  'NEXT_PUBLIC_SUPABASE_URL',
  'SUPABASE_SECRET_KEY',
  'SUPABASE_SERVICE_ROLE_KEY',
]

/**
 * Settings from the environment, else from .env.local and .env. Where none of them names a store that is not of the
 * local stack (.onecount/dev.json): those of that. Never one store of each: the drain would mix what they hold.
 * @throws MissingSetting
 */
export function readSettings(root = process.cwd(), env: NodeJS.ProcessEnv = process.env): StoreSettings {
  const merged = mergedEnv(root, env)
  const layout = { ...layoutOf(merged), ...clusterOf(merged) }
  const given = STORES.filter(name => merged[name])
  const local = localStack(root)
  if (local && given.every(name => merged[name] === namesOf(local)[name])) return { ...local, ...layout }
  const missing = (name: string, fix: string) => {
    const others = given.length > 0 ? ` although ${given.join(', ')} ${given.length > 1 ? 'are' : 'is'}` : ''
    return new MissingSetting(`${name} is not set${others}: ${fix}`)
  }

  const redisUrl = merged.REDIS_URL
  const databaseUrl = merged.DATABASE_URL
  const supabaseUrl = merged.SUPABASE_URL || merged.NEXT_PUBLIC_SUPABASE_URL
  const secretKey = merged.SUPABASE_SECRET_KEY || merged.SUPABASE_SERVICE_ROLE_KEY
  if (!redisUrl) throw missing('REDIS_URL', 'put the address of your Redis into .env.local')
  if (!databaseUrl && !supabaseUrl)
    throw missing('SUPABASE_URL', 'put the address of your project into .env.local, or DATABASE_URL')
  if (!databaseUrl && !secretKey)
    throw missing('SUPABASE_SECRET_KEY', 'the counts are the secret key’s alone, see .env.example')
  return { redisUrl, databaseUrl, supabaseUrl, secretKey, redisId: merged.ONECOUNT_REDIS_ID, ...layout }
}

/** How the keys of Redis are laid out. */
function layoutOf({
  ONECOUNT_PARTITIONS: partitions,
  ONECOUNT_LIKERS: likers,
}: Record<string, string | undefined>) {
  if (likers && likers !== 'off' && likers !== 'on')
    throw new MissingSetting(`ONECOUNT_LIKERS=${likers} is not understood: use off, or leave it empty`)
  return {
    ...(partitions && { partitions: parsePartitions('ONECOUNT_PARTITIONS', partitions) }),
    ...(likers === 'off' && { likers: false }),
  }
}

/** The addresses themselves are read where Redis is opened. */
function clusterOf({ REDIS_CLUSTER: cluster }: Record<string, string | undefined>) {
  if (cluster && cluster !== '0' && cluster !== '1')
    throw new MissingSetting(
      `REDIS_CLUSTER=${cluster} is not understood: use 1 for a Redis Cluster, or leave it empty`,
    )
  return cluster ? { isCluster: cluster === '1' } : {}
}

export function parsePartitions(name: string, text: string): number {
  const partitions = Number(text)
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > MOST_PARTITIONS)
    throw new (name.startsWith('ONECOUNT') ? MissingSetting : UsageError)(
      `${name} ${text} is no number of partitions: use that of the application, 1 to ${MOST_PARTITIONS}`,
    )
  return partitions
}

/** The environment over .env.local over .env, as Next.js reads them. */
export function mergedEnv(
  root = process.cwd(),
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string | undefined> {
  return Object.assign({}, ...['.env', '.env.local'].map(name => envFile(join(root, name))), definedOf(env))
}

function localStack(root: string): StoreSettings | null {
  const file = join(root, '.onecount/dev.json')
  if (!existsSync(file)) return null
  const { redisUrl, redisId, supabaseUrl, secretKey } = JSON.parse(readFileSync(file, 'utf8'))
  // Null: that stack runs without Redis, and a client without an address would connect to any Redis of this machine.
  return redisUrl ? { redisUrl, redisId, supabaseUrl, secretKey, isLocal: true } : null
}

/** What an application that uses this stack may have in its settings. */
const namesOf = ({
  redisUrl,
  supabaseUrl,
  secretKey,
}: StoreSettings): Record<string, string | undefined> => ({
  REDIS_URL: redisUrl,
  SUPABASE_URL: supabaseUrl,
  NEXT_PUBLIC_SUPABASE_URL: supabaseUrl,
  SUPABASE_SECRET_KEY: secretKey,
  SUPABASE_SERVICE_ROLE_KEY: secretKey,
})

const envFile = (file: string) => (existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {})

const definedOf = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value))
