import { createServer } from 'node:http'
import { createOnecount } from 'onecount'
import { createHandler, NO_LIMITS, nodeListener } from 'onecount/http'
import { postgresJsPort } from 'onecount/postgres'
import { upstashFromEnv } from 'onecount/upstash'
import postgres from 'postgres'

// The HTTP API as a function that is stopped between requests; says at which port it listens.
const { DATABASE_URL, SECRET, DRAIN_SECRET } = process.env as Record<string, string>
const service = createOnecount({
  redis: upstashFromEnv(process.env)!.port,
  postgres: postgresJsPort(postgres(DATABASE_URL!, { max: 2, onnotice() {}, fetch_types: false })),
  log: { warn() {} },
})
const handler = createHandler({
  service,
  secret: SECRET,
  limits: NO_LIMITS,
  drain: 'after',
  drainSecret: DRAIN_SECRET,
})
const server = createServer(nodeListener(handler)).listen(0, '127.0.0.1', () => {
  console.log(`port ${(server.address() as { port: number }).port}`)
})
