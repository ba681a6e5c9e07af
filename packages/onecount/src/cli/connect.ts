import { createClient } from '@supabase/supabase-js'
import type { Redis } from 'ioredis'
import postgres from 'postgres'
import WebSocket from 'ws'
import type { LoopOptions } from '../core/loop'
import { createOnecount, type Onecount } from '../core/onecount'
import type { Logger, PostgresPort } from '../core/ports'
import { connectPostgresJs } from '../postgres/postgresjs'
import { supabasePort } from '../postgres/supabase'
import { createRedisClient, ioredisPort } from '../redis/ioredis'
import type { StoreSettings } from './settings'

/** The engine on the stores of the settings, with time for large pages. */
export interface Connected {
  onecount: Onecount
  redis: Redis
  close(): Promise<void>
}

export interface ConnectOptions {
  log?: Logger
  /** Deadline of one call, milliseconds. A page of a tool may be large, and nobody waits for it on a screen. */
  patienceMs?: number
  drain?: LoopOptions
}

/** @throws Error when a store does not answer, naming it */
export async function connect(
  settings: StoreSettings,
  { log, patienceMs = 60_000, drain }: ConnectOptions = {},
): Promise<Connected> {
  const redis = createRedisClient(settings.redisUrl, {
    commandTimeout: patienceMs,
    socketTimeout: patienceMs,
    lazyConnect: true,
  })
  const { port, end } = postgresOf(settings, patienceMs)
  const close = async () => {
    redis.disconnect()
    await end()
  }
  try {
    await redis.connect().catch(error => {
      throw new Error(`Redis does not answer: ${error.message}. Is REDIS_URL right, and does the server run?`)
    })
    await port.status(0).catch(error => {
      throw new Error(`${error.message}. Are the address and the key right, and were the migrations applied?`)
    })
  } catch (error) {
    await close()
    throw error
  }
  return { onecount: createOnecount({ redis: ioredisPort(redis), postgres: port, log, drain }), redis, close }
}

function postgresOf(
  { databaseUrl, supabaseUrl, secretKey }: StoreSettings,
  timeoutMs: number,
): { port: PostgresPort; end(): Promise<void> } {
  if (databaseUrl) {
    const open = () => postgres(databaseUrl, { max: 4, onnotice() {}, prepare: false })
    return connectPostgresJs(open, { timeoutMs })
  }
  const client = createClient(supabaseUrl!, secretKey!, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })
  return { port: supabasePort(client, { timeoutMs }), end: async () => {} }
}
