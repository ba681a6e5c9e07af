import type { Context } from './context'
import { SAMPLE } from './look'
import { opTime } from './op'
import type { PauseCause } from './pause'
import type { PostgresStatus } from './ports'
import type { Scripts } from './scripts'

/** Ops that wait for longer than this do not get through, milliseconds. */
const OLD_MS = 60_000

/** Which stores answer, and how far Postgres is behind Redis. */
export interface Health {
  /**
   * `ok`: exact and durable; `degraded`: served with one store, ops are refused or wait for more than a minute, Redis
   * refuses presses, or the drain is paused; `down`: neither store answers.
   */
  status: 'ok' | 'degraded' | 'down'
  /** `off`: not configured, Postgres serves alone. */
  redis: 'up' | 'down' | 'off'
  /** Whether it answers. */
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
  /** Why Redis has refused presses of the last minute, and what to do. Absent where it has not. */
  warnings?: string[]
}

/** All partitions together: the worst of each. Two round trips each, side by side. Never throws. */
export async function health(contexts: readonly Context[], lastDrainAt: number | null): Promise<Health> {
  const all = await Promise.all(contexts.map(ctx => healthOf(ctx, lastDrainAt)))
  // What Postgres has refused is of no partition: each tells of all.
  return { ...joinHealth(all), refused: mostOf(all, 'refused') }
}

/**
 * The worst of several, their backlogs added up. `down` only where each of them is: as long as one is served, a load
 * balancer must not take the process away.
 */
export function joinHealth(all: readonly Health[]): Health {
  const isAny = <K extends keyof Health>(name: K, value: Health[K]) =>
    all.some(health => health[name] === value)
  const warnings = [...new Set(all.flatMap(({ warnings = [] }) => warnings))]
  const drainedAt = all.map(({ lastDrainAt }) => lastDrainAt).filter(at => at !== null)
  return {
    status: all.every(({ status }) => status === 'ok')
      ? 'ok'
      : all.every(({ status }) => status === 'down')
        ? 'down'
        : 'degraded',
    redis: isAny('redis', 'down') ? 'down' : all[0]!.redis,
    postgres: isAny('postgres', 'down') ? 'down' : 'up',
    pending: sumOf(all, 'pending'),
    oldestPendingMs: mostOf(all, 'oldestPendingMs'),
    unseen: sumOf(all, 'unseen'),
    refused: sumOf(all, 'refused'),
    paused: all.find(({ paused }) => paused !== null)?.paused ?? null,
    lastDrainAt: drainedAt.sort().at(-1) ?? null,
    ...(warnings.length > 0 && { warnings }),
  }
}

type Figure = 'pending' | 'oldestPendingMs' | 'unseen' | 'refused'

/** Unknown as soon as one is. */
const figuresOf = (all: readonly Health[], name: Figure): number[] | null => {
  const figures = all.map(health => health[name])
  return figures.every(figure => figure !== null) ? figures : null
}
const sumOf = (all: readonly Health[], name: Figure) =>
  figuresOf(all, name)?.reduce((sum, figure) => sum + figure, 0) ?? null
const mostOf = (all: readonly Health[], name: Figure) => {
  const figures = figuresOf(all, name)
  return figures && Math.max(...figures)
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
  const warning = ctx.refusedPresses.warning()
  const isOk = inPostgres?.refused === 0 && !isBehind && !paused && !warning && (inRedis || !ctx.redis)
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
    ...(warning && { warnings: [warning] }),
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
