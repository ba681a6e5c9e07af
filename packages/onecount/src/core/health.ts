import type { Context } from './context'
import { status } from './drain'
import { opTime } from './op'

export interface Health {
  /** `ok`: exact and durable; `degraded`: served with one store; `down`: neither answers. */
  status: 'ok' | 'degraded' | 'down'
  /** `off`: not configured, Postgres serves alone. */
  redis: 'up' | 'down' | 'off'
  postgres: 'up' | 'down'
  /** Ops that Redis has accepted and Postgres has not confirmed; `null` when unknown. */
  pending: number | null
  /** Age of the oldest of up to 1,000 of them, milliseconds. */
  oldestPendingMs: number | null
  /** Ops that Postgres has accepted and Redis has not seen, counted up to 10,000. */
  unseen: number | null
  /** When this process last drained, ISO 8601. */
  lastDrainAt: string | null
}

/** Two round trips, side by side. Never throws. */
export async function health(ctx: Context, lastDrainAt: number | null): Promise<Health> {
  const [redis, postgres] = await Promise.allSettled([
    ctx.redis ? status(ctx) : Promise.reject(),
    ctx.postgres.status(ctx.partition),
  ])
  const inRedis = redis.status === 'fulfilled' ? redis.value : null
  const up = { redis: inRedis !== null, postgres: postgres.status === 'fulfilled' }
  return {
    status: up.postgres && (up.redis || !ctx.redis) ? 'ok' : up.redis || up.postgres ? 'degraded' : 'down',
    redis: ctx.redis ? (up.redis ? 'up' : 'down') : 'off',
    postgres: up.postgres ? 'up' : 'down',
    pending: inRedis?.pending ?? null,
    oldestPendingMs: inRedis
      ? inRedis.oldestOp === 0
        ? 0
        : Math.max(0, Math.round((ctx.now() - opTime(inRedis.oldestOp)) / 1000))
      : null,
    unseen: postgres.status === 'fulfilled' ? postgres.value.unseen : null,
    lastDrainAt: lastDrainAt === null ? null : new Date(lastDrainAt).toISOString(),
  }
}
