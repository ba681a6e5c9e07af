import { isMissing } from '../peers/node/require-peer'
import { MissingSetting } from './settings'

/** A driver is an optional peer: only those who use its store have it installed. @throws MissingSetting */
async function driver<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if (!isMissing(name, error)) throw error
    throw new MissingSetting(`${name} is not installed: npm install ${name}`)
  }
}

/** ioredis, and how the engine uses it, for `REDIS_URL`. @throws MissingSetting */
export const loadIoredis = async () => {
  await driver('ioredis', () => import('ioredis'))
  return await import('../ioredis')
}

/** How tokens of an application are verified. @throws MissingSetting */
export const loadJose = async () => {
  await driver('jose', () => import('jose'))
  return await import('../jose')
}

/** What counts for `--metrics`. @throws MissingSetting */
export const loadMetrics = async () => {
  await driver('prom-client', () => import('prom-client'))
  return await import('../metrics')
}

/** postgres.js, for `DATABASE_URL`. @throws MissingSetting */
export const loadPostgresJs = async () => (await driver('postgres', () => import('postgres'))).default

/** The Supabase client, for `SUPABASE_URL`. @throws MissingSetting */
export const loadSupabase = async () =>
  (await driver('@supabase/supabase-js', () => import('@supabase/supabase-js'))).createClient
