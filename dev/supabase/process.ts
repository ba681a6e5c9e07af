import { createServer } from 'node:http'
import { App } from '@supabase/lite'
import { nodeListener } from 'onecount/http'
import { followChanges } from '../realtime/feed'
import { createRealtime } from '../realtime/server'
import { applyMigrations, readSeed } from '../services/migrations'
import { openPglite, openPostgres } from './stores'

/** What the parent hands over in ONECOUNT_SUPABASE, as JSON. */
export interface SupabaseSettings {
  port: number
  /** Folder of PGlite's data; absent: in memory. */
  dir?: string
  /** A PostgreSQL server instead of PGlite. */
  databaseUrl?: string
  seed: boolean
  publishableKey: string
  secretKey: string
}

const settings = JSON.parse(process.env.ONECOUNT_SUPABASE ?? '{}') as SupabaseSettings
const database = await (settings.databaseUrl ? openPostgres(settings.databaseUrl) : openPglite(settings.dir))
await applyMigrations(database.exec, { seed: settings.seed ? await readSeed() : undefined })

const realtime = createRealtime(settings)
realtime.describe(await followChanges(database.exec, database.listen, realtime.changed))

const app = new App({
  connection: database.connection,
  auth: { enabled: false, publishable_key: settings.publishableKey, secret_key: settings.secretKey },
} as unknown as ConstructorParameters<typeof App>[0])
await app.init()

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': '*',
  'access-control-allow-methods': 'GET, HEAD, POST, PATCH, PUT, DELETE, OPTIONS',
}

const server = createServer(
  nodeListener(async (request, info) => {
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: CORS })
    const { pathname } = new URL(request.url)
    const response =
      pathname === '/realtime/v1/api/broadcast' && request.method === 'POST'
        ? await realtime.broadcast(request)
        : await app.fetch(request, { peerAddress: info?.ip ?? null })
    const headers = new Headers(response.headers)
    headers.set('access-control-allow-origin', '*')
    return new Response(response.body, { status: response.status, headers })
  }),
)
server.on('upgrade', realtime.upgrade)
server.listen(settings.port, '127.0.0.1', () => process.send?.('ready'))

async function end(): Promise<void> {
  realtime.close()
  server.close()
  server.closeAllConnections()
  await database.close().catch(() => {})
  process.exit(0)
}
process.on('SIGTERM', end)
// Ctrl-C goes to the whole group; the parent stops its parts in their order.
process.on('SIGINT', () => {})
// The parent is gone, however it ended.
process.on('disconnect', end)
