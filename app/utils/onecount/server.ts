import { createClient } from '@supabase/supabase-js'
import { createOnecount, type Onecount, parseAck } from 'onecount'
import { postgresPort, supabasePort } from 'onecount/postgres'
import WebSocket from 'ws'
import { redisConnection } from '@/app/utils/redis/client'

/** One engine a process: Next loads this module several times, into route handlers, pages and instrumentation. */
const SLOT = Symbol.for('onecount.engine')
const slots = globalThis as unknown as Record<symbol, Onecount | undefined>

/**
 * The engine on the stores of the environment. Opens no connection until it is used.
 * @throws OnecountError `misconfigured`, naming the setting
 */
export function getOnecount(): Onecount {
  slots[SLOT] ??= createOnecount({
    redis: redisConnection()?.port ?? null,
    redisId: process.env.ONECOUNT_REDIS_ID,
    takeOver: process.env.ONECOUNT_TAKE_OVER === '1',
    partitions: Number(process.env.ONECOUNT_PARTITIONS || 1),
    indexes: { likers: process.env.ONECOUNT_LIKERS !== 'off' },
    postgres: postgresFromEnv(),
    ack: parseAck(process.env.ONECOUNT_ACK),
    log: { warn: message => console.warn(`[onecount] ${message}`) },
  })
  return slots[SLOT]
}

function postgresFromEnv() {
  const url = process.env.SUPABASE_URL || process.env.NEXT_PUBLIC_SUPABASE_URL
  const key = process.env.SUPABASE_SECRET_KEY || process.env.SUPABASE_SERVICE_ROLE_KEY
  if (!url || !key) {
    return postgresPort(async () => {
      throw new Error('set SUPABASE_URL and SUPABASE_SECRET_KEY, see .env.example')
    })
  }
  return supabasePort(
    createClient(url, key, {
      auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
      // Node 20 has no WebSocket of its own, and the client wants one even when it is not used.
      realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
    }),
  )
}
