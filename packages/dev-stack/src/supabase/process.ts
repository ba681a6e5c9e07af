import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { App } from '@supabase/lite'
import { nodeListener } from 'onecount/http'
import { createAuthEndpoint, inwardBearer } from '../auth/endpoint'
import { readSigningKey } from '../auth/signing-key'
import { createTokens } from '../auth/tokens'
import { authorizeBy, readMessagesTable } from '../realtime/authorization'
import { followChanges } from '../realtime/feed'
import { createRealtime } from '../realtime/server'
import { listenAgain, listenOnLoopback } from '../services/free-port'
import { applyMigrations, applySeed, readSeed } from '../services/migrations'
import { createGateway } from './gateway'
import { openPglite, openPostgres } from './stores'

/** What the parent hands over in ONECOUNT_SUPABASE, as JSON. */
export interface SupabaseSettings {
  /** 0: chosen by the system. */
  port: number
  /** In the place of an earlier one: this port or none; otherwise the next one that is free. */
  again: boolean
  /** Folder of PGlite's data; absent: in memory. */
  dir?: string
  /** A PostgreSQL server instead of PGlite. */
  databaseUrl?: string
  seed: boolean
  publishableKey: string
  secretKey: string
  /** The private key of access tokens, as `newSigningKey` made it. */
  signingKey: string
}

const KEEP_ALIVE_MS = 75_000
/** Hosted projects ask for as many by default. */
const MIN_PASSWORD_LENGTH = 6

const settings = JSON.parse(process.env.ONECOUNT_SUPABASE ?? '{}') as SupabaseSettings
const database = await (settings.databaseUrl
  ? openPostgres(settings.databaseUrl)
  : openPglite(settings.dir, process.env.ONECOUNT_PGLITE_PREPARED))
await applyMigrations(database.exec, { platform: await readMessagesTable() })
await database.prepare()
if (settings.seed) await applySeed(database.exec, await readSeed())

/** Of pages that may call; the parent tells them as soon as it knows where the application is. */
const origins = new Set<string>()
const askPostgres = authorizeBy(database.exec)
const realtime = createRealtime({
  ...settings,
  origins,
  authorize: (topic, role) => database.answer(() => askPostgres(topic, role)),
})
realtime.describe(await followChanges(database.exec, database.listen, realtime.changed))

/** Of tokens that never leave this process. */
const innerSecret = randomBytes(32).toString('base64url')
const app = new App({
  connection: database.connection,
  auth: {
    enabled: true,
    jwt_secret: innerSecret,
    minimum_password_length: MIN_PASSWORD_LENGTH,
    email: { enable_signup: true, enable_confirmations: false },
    publishable_key: settings.publishableKey,
    secret_key: settings.secretKey,
  },
  // Which migrations were applied is noted by ours.
  db: { migrations: { enabled: false } },
} as unknown as ConstructorParameters<typeof App>[0])
await app.init()
await app.ensureSystemSchema()
const askLite = (request: Request) => database.answer(() => app.fetch(request, { peerAddress: null }))
const signingKey = readSigningKey(settings.signingKey)
const tokens = createTokens(signingKey, innerSecret, () => `http://127.0.0.1:${port}/auth/v1`)

const gateway = createGateway({
  origins,
  rest: request => askLite(inwardBearer(request, tokens)),
  auth: createAuthEndpoint(askLite, signingKey, tokens),
  broadcast: realtime.broadcast,
})
const server = createServer(nodeListener(gateway))
server.on('upgrade', realtime.upgrade)
// A client that sends on a connection just as it is closed for being idle gets no answer.
server.keepAliveTimeout = KEEP_ALIVE_MS
process.send?.({ listens: true })
const port = await (settings.again ? listenAgain : listenOnLoopback)(server, settings.port)
process.on('message', (allowed: string[]) => {
  origins.clear()
  for (const origin of allowed) origins.add(origin)
  process.send?.({ allowed: true })
})
process.send?.({ port })

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
