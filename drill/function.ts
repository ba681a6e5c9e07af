import { createServer } from 'node:http'
import { createClient } from '@supabase/supabase-js'
import { createOnecount } from 'onecount'
import { createHandler, NO_LIMITS, nodeListener } from 'onecount/http'
import { supabasePort } from 'onecount/postgres'
import { upstashFromEnv } from 'onecount/upstash'
import WebSocket from 'ws'

// The HTTP API as a function of a platform that stops it between requests: no drain loop, no connection to keep.
const { PORT, SUPABASE_URL, SUPABASE_SECRET_KEY, ONECOUNT_SECRET, DRAIN_SECRET } = process.env as Record<
  string,
  string
>
const service = createOnecount({
  redis: upstashFromEnv(process.env)!.port,
  postgres: supabasePort(
    createClient(SUPABASE_URL!, SUPABASE_SECRET_KEY!, {
      auth: { persistSession: false },
      realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
    }),
  ),
  log: { warn() {} },
})
const handler = createHandler({
  service,
  secret: ONECOUNT_SECRET,
  limits: NO_LIMITS,
  drain: 'after',
  drainSecret: DRAIN_SECRET,
  log() {},
})
createServer(nodeListener(handler)).listen(Number(PORT), '127.0.0.1')
