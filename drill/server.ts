import { createServer } from 'node:http'
import { createClient } from '@supabase/supabase-js'
import { createOnecount } from 'onecount'
import { createHandler, NO_LIMITS, nodeListener } from 'onecount/http'
import { supabasePort } from 'onecount/postgres'
import { redisFromEnv } from 'onecount/redis'
import WebSocket from 'ws'

// The HTTP API and the drain in one process, as in the reference application, without its pages.
const { PORT, REDIS_URL, PARTITIONS, SUPABASE_URL, SUPABASE_SECRET_KEY, ONECOUNT_SECRET } =
  process.env as Record<string, string>
const service = createOnecount({
  redis: redisFromEnv({ REDIS_URL })!.port,
  partitions: Number(PARTITIONS),
  postgres: supabasePort(
    createClient(SUPABASE_URL!, SUPABASE_SECRET_KEY!, {
      auth: { persistSession: false },
      realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
    }),
  ),
  // Slow enough for the worker to have its share.
  drain: { lingerMs: 150 },
  log: { warn() {} },
})
service.drainer.start()
createServer(nodeListener(createHandler({ service, secret: ONECOUNT_SECRET!, limits: NO_LIMITS }))).listen(
  Number(PORT),
  '127.0.0.1',
)
