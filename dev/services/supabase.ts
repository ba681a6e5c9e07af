import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { SupabaseSettings } from '../supabase/process'
import { lockFolder } from './folder-lock'
import { freePort } from './free-port'
import { type Running, run, until } from './process'

export interface LocalSupabase extends Running {
  url: string
  publishableKey: string
  secretKey: string
}

export interface LocalSupabaseOptions {
  /** Folder for PGlite's data; absent: in memory. */
  dir?: string
  /** A PostgreSQL server instead of PGlite. */
  databaseUrl?: string
  port?: number
  /** Fills an empty database with the reference application's posts. */
  seed?: boolean
  publishableKey?: string
  secretKey?: string
}

/** Keys for use on this machine alone: they open nothing elsewhere. */
export const LOCAL_KEYS = {
  publishableKey: 'sb_publishable_local_onecount_development_only',
  secretKey: 'sb_secret_local_onecount_development_only',
}

/**
 * Supabase in a process of its own: REST on the migrated database and Realtime, under one address as on a hosted
 * project. It ends when this process ends.
 */
export async function startSupabase(options: LocalSupabaseOptions = {}): Promise<LocalSupabase> {
  const unlock = options.dir ? lockFolder(options.dir) : () => {}
  const settings: SupabaseSettings = {
    ...LOCAL_KEYS,
    ...options,
    seed: options.seed ?? false,
    port: options.port ?? (await freePort()),
    dir: options.dir && join(options.dir, 'pglite'),
  }
  if (settings.dir) mkdirSync(settings.dir, { recursive: true })
  const server = run(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, '../supabase/process.ts')],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...process.env,
        DO_NOT_TRACK: '1',
        LITE_TELEMETRY: '0',
        ONECOUNT_SUPABASE: JSON.stringify(settings),
      },
    },
  )
  let ready = false
  server.child.once('message', () => {
    ready = true
  })
  server.exited.then(unlock)
  await until('Supabase', server, async () => ready, 90_000)
  const { publishableKey, secretKey } = settings
  return { ...server, url: `http://127.0.0.1:${settings.port}`, publishableKey, secretKey }
}
