import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newSigningKey } from '../auth/signing-key'
import { kept, keptSecret, privateFolder } from '../private-files'
import type { SupabaseSettings } from '../supabase/process'
import { lockFolder } from './folder-lock'
import { type Running, run, until } from './process'

interface Keys {
  publishableKey: string
  secretKey: string
}

export interface LocalSupabase extends Running, Keys {
  url: string
  /** Lets pages of these origins call it, and of no others. Resolves when it does. */
  allow(origins: readonly string[]): Promise<void>
}

export interface LocalSupabaseOptions extends Partial<Keys> {
  /** Folder for PGlite's data and the keys; absent: in memory. */
  dir?: string
  /** A PostgreSQL server instead of PGlite. */
  databaseUrl?: string
  /** That of an earlier one, whose place it takes: this port or none. Without one any that is free. */
  port?: number
  /** Told when all is ready but the port, which is opened next. */
  listens?: () => void
  /** With `port` left out: this port, or the next one that is free. */
  preferredPort?: number
  /** Fills an empty database with the reference application's posts. */
  seed?: boolean
}

const PREFIX = { publishableKey: 'sb_publishable_', secretKey: 'sb_secret_' }

/**
 * Those that start in memory from now on, by this process and by those that it starts, begin with the migrated data of
 * the first of them. Answers what removes it. For programs that start many, as a run of all tests does.
 */
export async function prepareSupabase(): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'onecount-pglite-'))
  process.env.ONECOUNT_PGLITE_PREPARED = join(dir, 'data.tar')
  return async () => {
    delete process.env.ONECOUNT_PGLITE_PREPARED
    await rm(dir, { recursive: true, force: true })
  }
}

/** Of every Supabase without a folder that this process starts: one that is started again has the keys it had. */
const processKeys: Keys = {
  publishableKey: PREFIX.publishableKey + randomBytes(24).toString('base64url'),
  secretKey: PREFIX.secretKey + randomBytes(24).toString('base64url'),
}

const processSigningKey = newSigningKey()

/** The keys of a data folder, made with it: a page that knows those of another one cannot use them here. */
const keysOf = (dir: string): Keys => ({
  publishableKey: keptSecret(dir, 'publishable-key', PREFIX.publishableKey),
  secretKey: keptSecret(dir, 'secret-key', PREFIX.secretKey),
})

/**
 * Supabase in a process of its own: REST on the migrated database, Auth and Realtime, under one address on loopback as on a
 * hosted project. It ends when this process ends.
 */
export async function startSupabase(options: LocalSupabaseOptions = {}): Promise<LocalSupabase> {
  const { dir, databaseUrl, port, preferredPort = 0, listens, seed = false } = options
  if (dir) privateFolder(dir)
  const unlock = dir ? lockFolder(dir) : () => {}
  const settings: SupabaseSettings = {
    ...(dir ? keysOf(dir) : processKeys),
    ...definedOf(options, ['publishableKey', 'secretKey']),
    signingKey: dir ? kept(dir, 'signing-key', newSigningKey) : processSigningKey,
    databaseUrl,
    seed,
    port: port ?? preferredPort,
    again: port !== undefined,
    dir: dir && join(dir, 'pglite'),
  }
  if (settings.dir) privateFolder(settings.dir)
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
  let chosen = 0
  let heard = () => {}
  server.child.on('message', (message: { listens?: true; port?: number; allowed?: true }) => {
    if (message.listens) listens?.()
    else if (message.port) chosen = message.port
    else heard()
  })
  server.exited.then(unlock)
  await until('Supabase', server, async () => chosen !== 0, 90_000)
  const { publishableKey, secretKey } = settings
  return {
    ...server,
    url: `http://127.0.0.1:${chosen}`,
    publishableKey,
    secretKey,
    async allow(origins) {
      const done = new Promise<void>(resolve => {
        heard = resolve
      })
      if (server.child.connected) server.child.send([...origins])
      await Promise.race([done, server.exited])
    },
  }
}

const definedOf = <T extends object, K extends keyof T>(from: T, names: K[]) =>
  Object.fromEntries(
    names.filter(name => from[name] !== undefined).map(name => [name, from[name]]),
  ) as Partial<Pick<T, K>>
