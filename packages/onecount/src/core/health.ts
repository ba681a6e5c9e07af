import type { Context } from './context'
import { SAMPLE } from './look'
import { opTime } from './op'
import type { PauseCause } from './pause'
import type { PostgresStatus } from './ports'
import type { Scripts } from './scripts'

/** Ops that wait for longer than this do not get through, milliseconds. */
const OLD_MS = 60_000

export interface Health {
  /**
   * `ok`: exact and durable; `degraded`: served with one store, ops are refused or wait for more than a minute, or the
   * drain is paused; `down`: neither store answers.
   */
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
  /** Ops that Postgres refused and that are set aside, counted up to 1,000; `null` when unknown. */
  refused: number | null
  /**
   * Why this process does not drain: `unreachable`: a store did not answer; `refused`: Postgres refuses every op;
   * `foreign`: Postgres belongs to another Redis or knows other partitions, and serves alone; `failed`: an error of the
   * engine. `null`: it drains, or has nothing to drain.
   */
  paused: PauseCause | null
  /** When this process last drained, ISO 8601. */
  lastDrainAt: string | null
}

/** All partitions together: the worst of each. Two round trips each, side by side. Never throws. */
export async function health(contexts: readonly Context[], lastDrainAt: number | null): Promise<Health> {
  const all = await Promise.all(contexts.map(ctx => healthOf(ctx, lastDrainAt)))
  const sum = (of: (health: Health) => number | null) =>
    all.reduce<number | null>((sum, health) => {
      const n = of(health)
      return sum === null || n === null ? null : sum + n
    }, 0)
  const most = (of: (health: Health) => number | null) =>
    all.some(health => of(health) === null) ? null : Math.max(...all.map(health => of(health)!))
  const [first] = all as [Health]
  const isAny = <K extends keyof Health>(name: K, value: Health[K]) =>
    all.some(health => health[name] === value)
  return {
    status: all.every(({ status }) => status === 'ok')
      ? 'ok'
      : all.every(({ status }) => status === 'down')
        ? 'down'
        : 'degraded',
    redis: isAny('redis', 'down') ? 'down' : first.redis,
    postgres: isAny('postgres', 'down') ? 'down' : 'up',
    pending: sum(({ pending }) => pending),
    oldestPendingMs: most(({ oldestPendingMs }) => oldestPendingMs),
    unseen: sum(({ unseen }) => unseen),
    // They are of no partition: each tells of all.
    refused: most(({ refused }) => refused),
    paused: all.find(({ paused }) => paused !== null)?.paused ?? null,
    lastDrainAt: first.lastDrainAt,
  }
}

async function healthOf(ctx: Context, lastDrainAt: number | null): Promise<Health> {
  const [redis, postgres] = await Promise.allSettled([
    ctx.redis ? ctx.redis.status(SAMPLE) : Promise.reject(),
    ctx.postgres.status(ctx.partition),
  ])
  const inRedis = redis.status === 'fulfilled' ? redis.value : null
  const inPostgres = postgres.status === 'fulfilled' ? postgres.value : null
  const pending = inRedis?.pending ?? null
  const oldestPendingMs = inRedis && ageOf(ctx, inRedis.oldestOp)
  const paused = pausedBy(ctx, inRedis, inPostgres)
  const isBehind = (oldestPendingMs ?? 0) > OLD_MS
  const isOk = inPostgres?.refused === 0 && !isBehind && !paused && (inRedis || !ctx.redis)
  return {
    status: isOk ? 'ok' : inRedis || inPostgres ? 'degraded' : 'down',
    redis: ctx.redis ? (inRedis ? 'up' : 'down') : 'off',
    postgres: inPostgres ? 'up' : 'down',
    pending,
    oldestPendingMs,
    unseen: inPostgres?.unseen ?? null,
    refused: inPostgres?.refused ?? null,
    paused,
    lastDrainAt: lastDrainAt === null ? null : new Date(lastDrainAt).toISOString(),
  }
}

const ageOf = (ctx: Context, oldestOp: number): number =>
  oldestOp === 0 ? 0 : Math.max(0, Math.round((ctx.now() - opTime(oldestOp)) / 1000))

type InRedis = Awaited<ReturnType<Scripts['status']>>

/** What the stores say themselves comes first; a process that has not drained lately does not know. */
function pausedBy(
  ctx: Context,
  inRedis: InRedis | null,
  inPostgres: PostgresStatus | null,
): PauseCause | null {
  if (inPostgres && inPostgres.partitions !== ctx.partitions) return 'foreign'
  if (inRedis && inPostgres && ctx.ownership.strangerTo(inPostgres.owner, inRedis) !== null) return 'foreign'
  const cause = ctx.pause.cause()
  return cause === 'foreign' || inRedis?.pending === 0 ? null : cause
}
