import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

/** Where the stores of an application are. */
export interface StoreSettings {
  redisUrl: string
  /** Direct Postgres; preferred when it is there. */
  databaseUrl?: string
  supabaseUrl?: string
  secretKey?: string
}

/** A setting is missing: `message` names it and says what to do. */
export class MissingSetting extends Error {
  override readonly name = 'MissingSetting'
}

/**
 * Settings from the environment, else from .env.local and .env, else from a local stack that is running
 * (.onecount/dev.json). @throws MissingSetting
 */
export function readSettings(root = process.cwd(), env: NodeJS.ProcessEnv = process.env): StoreSettings {
  const merged = mergedEnv(root, env)
  const local = localStack(root)
  const redisUrl = merged.REDIS_URL || local?.redisUrl
  const databaseUrl = merged.DATABASE_URL
  const named = merged.SUPABASE_URL || merged.NEXT_PUBLIC_SUPABASE_URL
  const supabaseUrl = named || local?.supabaseUrl
  const secretKey = named ? merged.SUPABASE_SECRET_KEY || merged.SUPABASE_SERVICE_ROLE_KEY : local?.secretKey

  if (!redisUrl)
    throw new MissingSetting('REDIS_URL is not set: put the address of your Redis into .env.local')
  if (!databaseUrl && !supabaseUrl) {
    throw new MissingSetting(
      'SUPABASE_URL is not set: put the address of your project into .env.local, or DATABASE_URL',
    )
  }
  if (!databaseUrl && !secretKey) {
    throw new MissingSetting(
      'SUPABASE_SECRET_KEY is not set: the counts are the secret key’s alone, see .env.example',
    )
  }
  return { redisUrl, databaseUrl, supabaseUrl, secretKey }
}

/** The environment over .env.local over .env, as Next.js reads them. */
export function mergedEnv(
  root = process.cwd(),
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string | undefined> {
  return Object.assign({}, ...['.env', '.env.local'].map(name => envFile(join(root, name))), definedOf(env))
}

function localStack(root: string): { redisUrl: string; supabaseUrl: string; secretKey: string } | null {
  const file = join(root, '.onecount/dev.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
}

const envFile = (file: string) => (existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {})

const definedOf = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value))
