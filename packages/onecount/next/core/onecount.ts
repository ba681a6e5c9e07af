import type { Ack } from '../../src/core/ack'
import { withBreaker } from '../../src/core/breaker'
import { createClock } from '../../src/core/clock'
import { createCommitter } from '../../src/core/commit'
import { type Context, DEFAULT_SETTINGS, type Settings } from './context'
import { createDrainer, status, type Tick } from './drain'
import { createKeys, partitionOf, tagOf } from './keys'
import { mergeSessions, removePost, removeSession, type Site } from './moderation'
import type { Logger, PostgresPort, RedisPort } from './ports'
import { read } from './read'
import type { LikeState, WriteState } from './types'
import { press, write } from './write'

export interface OnecountOptions {
  redis: RedisPort | null
  postgres: PostgresPort
  ack?: Ack
  partitions?: number
  settings?: Partial<Settings> & { breakerFailures?: number; breakerMs?: number }
  log?: Logger
  /** Milliseconds since 1970, in place of all the clocks of the machine. */
  clock?: () => number
}

/** Ticks that a drain takes at most. */
const DRAIN_TICKS = 1000

/** The core that docs/design.md will describe once it stands in place of the present one. */
export function createOnecount(options: OnecountOptions) {
  const { partitions = 1, ack = 'redis', log = console } = options
  const { breakerFailures = 5, breakerMs = 500, ...given } = options.settings ?? {}
  const elapsed = options.clock ?? (() => performance.now())
  /** Of each partition its own: where a node of a cluster is gone, the partitions of the others go on. */
  const guarded = () =>
    options.redis &&
    (withBreaker(options.redis as never, {
      failures: breakerFailures,
      pauseMs: breakerMs,
      clock: elapsed,
    }) as unknown as RedisPort)
  const now = createClock(options.clock ?? Date.now)

  const parts = Array.from({ length: partitions }, (_, partition) => {
    const ctx: Context = {
      redis: guarded(),
      postgres: options.postgres,
      keys: createKeys(tagOf(partition, partitions)),
      partition,
      now,
      newId: () => crypto.randomUUID(),
      drainOnce: () => drainer.tick(),
      log,
      settings: { ...DEFAULT_SETTINGS, ...given },
    }
    const drainer = createDrainer(ctx)
    const committer = createCommitter({ ...ctx, drainerWith: hooks => createDrainer(ctx, hooks) })
    return { ctx, drainer, committer }
  })
  const partOf = (postId: string) => parts[partitionOf(postId, partitions)]!
  const contextOf = (postId: string) => partOf(postId).ctx
  let turn = 0

  const acknowledged = async (
    sessionId: string,
    press: Promise<WriteState>,
    wanted: Ack = ack,
  ): Promise<WriteState> => {
    const state = await press
    if (state.durable || wanted === 'redis') return state
    const { postId, op } = state
    await partOf(postId).committer.untilDurable({ postId, sessionId, op })
    return { ...state, durable: true }
  }

  async function drainAll(): Promise<boolean> {
    for (const { drainer } of parts) {
      let ticks = 0
      do {
        while ((await drainer.tick()).more) if (++ticks > DRAIN_TICKS) return false
      } while (await drainer.hasWork())
    }
    return true
  }
  const site: Site = { postgres: options.postgres, contextOf, drain: drainAll }

  return {
    set: (
      postId: string,
      sessionId: string,
      liked: boolean,
      { op, ack }: { op?: number; ack?: Ack } = {},
    ): Promise<WriteState> =>
      acknowledged(
        sessionId,
        op === undefined
          ? press(contextOf(postId), postId, sessionId, liked)
          : write(contextOf(postId), postId, sessionId, liked, op),
        ack,
      ),

    toggle: (postId: string, sessionId: string): Promise<WriteState> =>
      acknowledged(sessionId, press(contextOf(postId), postId, sessionId, null)),

    async read(postIds: string[], sessionId: string | null = null): Promise<Map<string, LikeState>> {
      if (partitions === 1) return read(parts[0]!.ctx, postIds, sessionId)
      const pages = await Promise.all(
        parts.map(({ ctx }) => {
          const page = postIds.filter(id => contextOf(id) === ctx)
          return read(ctx, page, sessionId)
        }),
      )
      const states = new Map(pages.flatMap(page => [...page]))
      return new Map(postIds.flatMap(id => (states.has(id) ? [[id, states.get(id)!]] : [])))
    },

    async rehydrate(postId: string): Promise<number | null> {
      const ctx = contextOf(postId)
      await ctx.redis?.run('cool', [ctx.keys.meta(postId)], [])
      return (await read(ctx, [postId], null)).get(postId)?.count ?? null
    },

    removePost: (postId: string): Promise<boolean> => removePost(contextOf(postId), postId),
    removeSession: (sessionId: string) => removeSession(site, sessionId),
    mergeSessions: (from: string, to: string) => mergeSessions(site, from, to),

    drain: {
      /** One tick of one partition, in turn. */
      once: (): Promise<Tick> => parts[turn++ % parts.length]!.drainer.tick(),
    },
    async drainOnce(_budgetMs = 0): Promise<{ more: boolean }> {
      const ticks: Tick[] = []
      for (const { drainer } of parts) ticks.push(await drainer.tick())
      return { more: ticks.some(tick => tick.more) }
    },

    async health(): Promise<{ pending: number; unseen: number }> {
      const all = await Promise.all(
        parts.map(async ({ ctx }) => {
          const [inRedis, inPostgres] = await Promise.all([status(ctx), ctx.postgres.status(ctx.partition)])
          return { pending: inRedis.pending, unseen: inPostgres.unseen }
        }),
      )
      return {
        pending: all.reduce((n, { pending }) => n + pending, 0),
        unseen: all.reduce((n, { unseen }) => n + unseen, 0),
      }
    },
  }
}

export type Onecount = ReturnType<typeof createOnecount>
