import type { Ack } from './ack'
import { withBreaker } from './breaker'
import { type BulkOptions, hydrateAll, pages, rehydrate } from './bulk'
import { createClock } from './clock'
import { createCommitter } from './commit'
import { type Context, DEFAULT_SETTINGS, type Settings } from './context'
import { createDrainer } from './drain'
import { OnecountError } from './errors'
import { buildRanking } from './fill-ranking'
import { groupWrites } from './group-writes'
import { type Health, health } from './health'
import { ABSENT_MS } from './hydrate'
import { assertPostId, assertSessionId, isPostId } from './ids'
import { createKeys } from './keys'
import { createLimiter } from './limiter'
import { createDrainLoop, type LoopOptions } from './loop'
import { type Moderated, mergeSessions, removePost, removeSession } from './moderation'
import { Ownership } from './ownership'
import { createPause } from './pause'
import type { Logger, PostgresPort, RedisPort } from './ports'
import { press } from './press'
import { createRanking } from './ranking'
import { read, unknown } from './read'
import type { LikeState, WriteState } from './types'
import { within } from './within'
import { write } from './write'

export interface OnecountOptions {
  /** `null`: no Redis; Postgres serves alone. */
  redis: RedisPort | null
  postgres: PostgresPort
  /** `redis` where left out; each call can say otherwise. */
  ack?: Ack
  /** Id of Redis in place of `redis.id`, the same in every process of the application. */
  redisId?: string
  /** Gives Postgres to this Redis if it belongs to another one, once. For a move: leave it out afterwards. */
  takeOver?: boolean
  settings?: Partial<Settings>
  drain?: LoopOptions
  log?: Logger
  /** Milliseconds since 1970, in place of all the clocks of the machine. */
  clock?: () => number
}

/** Posts that are read in one script call. */
const PAGE = 250
/** So many ids that Postgres does not have are remembered. */
const ABSENT_MAX = 10_000
/** How long a drain that is waited for takes at most, milliseconds, when nobody says. */
const DRAIN_MS = 5000

/** One count, every view. See `docs/design.md` for what each part promises. */
export function createOnecount(options: OnecountOptions) {
  const clock = options.clock ?? Date.now
  const elapsed = options.clock ?? (() => performance.now())
  const settings = { ...DEFAULT_SETTINGS, ...options.settings }
  const { breakerFailures: failures, breakerMs: pauseMs } = settings
  const ownership = new Ownership(options.redisId || options.redis?.id || '', options.takeOver ?? false)
  const drained: Context = {
    redis: options.redis && withBreaker(options.redis, { failures, pauseMs, clock: elapsed }),
    postgres: groupWrites(options.postgres, {
      size: settings.batchSize,
      patienceMs: settings.deadlineMs,
      elapsed,
    }),
    keys: createKeys(),
    partition: 0,
    now: createClock(clock),
    elapsed,
    newId: () => crypto.randomUUID(),
    ownership,
    pause: createPause(elapsed),
    log: options.log ?? console,
    settings,
    installs: createLimiter(settings.installRatings),
  }
  // What people read and press goes round a Redis that Postgres does not belong to; the drain goes on looking at it.
  const ctx: Context = { ...drained, redis: drained.redis && ownership.guard(drained.redis) }
  const loop = createDrainLoop(drained, options.drain)
  const committer = createCommitter({ ...drained, drainerWith: hooks => createDrainer(drained, hooks) })
  const ranking = createRanking(ctx)
  const absent = new Map<string, number>()

  const isAbsent = (postId: string) => (absent.get(postId) ?? 0) > elapsed()
  function remember(postId: string): void {
    if (absent.size >= ABSENT_MAX) absent.delete(absent.keys().next().value!)
    absent.set(postId, elapsed() + ABSENT_MS)
  }

  /** A press is answered within the deadline; repeating it with its op does no harm. */
  const written = (
    postId: string,
    sessionId: string,
    write: Promise<WriteState>,
    ack: Ack = options.ack ?? 'redis',
  ): Promise<WriteState> =>
    within(acknowledged(postId, sessionId, write, ack), settings.deadlineMs, () => {
      throw new OnecountError('unavailable', { detail: `no store answered within ${settings.deadlineMs} ms` })
    })

  async function acknowledged(
    postId: string,
    sessionId: string,
    write: Promise<WriteState>,
    ack: Ack,
  ): Promise<WriteState> {
    try {
      const state = await write
      if (state.durable) return state
      if (ack === 'postgres') {
        await committer.untilDurable({ postId, sessionId, op: state.op })
        return { ...state, durable: true }
      }
      loop.nudge()
      return state
    } catch (error) {
      if (error instanceof OnecountError && error.code === 'post_not_found') remember(postId)
      throw error
    }
  }

  return {
    /**
     * Makes a pair liked or not, whatever it was. Send the same `op` with every repeat: then it counts once. An op counts
     * as it is, loses to a newer one of the pair, or is refused; without one the store assigns the next. One round trip
     * to Redis. @throws OnecountError `invalid_post_id`, `invalid_session`, `invalid_op`, `op_ahead` (nothing was saved:
     * send the press again with an op of `options.now`), `post_not_found`,
     * `refused` (a rule of the database forbids it), `unavailable`
     */
    async set(
      postId: string,
      sessionId: string,
      liked: boolean,
      { op, ack }: { op?: number; ack?: Ack } = {},
    ): Promise<WriteState> {
      assertPostId(postId)
      assertSessionId(sessionId)
      if (isAbsent(postId)) throw new OnecountError('post_not_found', { field: 'postId' })
      const accepted =
        op === undefined ? press(ctx, postId, sessionId, liked) : write(ctx, postId, sessionId, liked, op)
      return written(postId, sessionId, accepted, ack)
    },

    /** Flips a pair, for callers that hold no op. One round trip. @throws OnecountError as `set` */
    async toggle(postId: string, sessionId: string, { ack }: { ack?: Ack } = {}): Promise<WriteState> {
      assertPostId(postId)
      assertSessionId(sessionId)
      if (isAbsent(postId)) throw new OnecountError('post_not_found', { field: 'postId' })
      return written(postId, sessionId, press(ctx, postId, sessionId, null), ack)
    },

    /**
     * States of posts for one session (`null`: nobody, `liked` is null). Posts that do not exist are absent; a count
     * that cannot be known is null. One round trip per 250 posts when they are warm. Never throws.
     */
    async read(postIds: readonly string[], sessionId: string | null = null): Promise<Map<string, LikeState>> {
      const wanted = [...new Set(postIds)].filter(id => isPostId(id) && !isAbsent(id))
      const states = new Map<string, LikeState>()
      const left = new Set(wanted)
      const work = async () => {
        for (let i = 0; i < wanted.length; i += PAGE) {
          const page = wanted.slice(i, i + PAGE)
          const found = await read(ctx, page, sessionId)
          for (const id of page) {
            const state = found.get(id)
            if (state) states.set(id, state)
            else remember(id)
            left.delete(id)
          }
        }
        return states
      }
      return within(
        work(),
        settings.deadlineMs,
        () => new Map([...states, ...[...left].map(id => [id, unknown(id)] as const)]),
      )
    },

    /**
     * Ids of the most liked posts, by the counts of this moment; of equal ones the greater id first. One round trip.
     * @throws StoreUnavailable
     */
    ranking: (limit = 100): Promise<string[]> => ranking(limit),

    /** Builds a post's keys anew from Postgres plus pending; its count, or null. @throws StoreUnavailable */
    rehydrate(postId: string): Promise<number | null> {
      assertPostId(postId)
      return rehydrate(ctx, postId)
    },

    /** Brings every post into Redis and builds the ranking; can be repeated at any time. @throws StoreUnavailable */
    async hydrateAll(bulk?: BulkOptions): Promise<{ posts: number; ratings: number }> {
      // Stores that meet for the first time find that they have diverged, and every post is cold from then on.
      await loop.drain({ budgetMs: DRAIN_MS })
      const total = await hydrateAll(ctx, bulk)
      await buildRanking(ctx)
      return total
    },

    /** Every post in keyset pages of bounded size. @throws StoreUnavailable */
    pages: (bulk?: BulkOptions) => pages(ctx, bulk),

    /**
     * Takes back every like of a session. Durable when it returns; can be repeated, also after it was interrupted.
     * @throws OnecountError `invalid_session`; StoreUnavailable when Postgres does not answer
     */
    async removeSession(sessionId: string): Promise<Moderated> {
      assertSessionId(sessionId)
      return removeSession(ctx, loop, sessionId)
    },

    /**
     * Gives the likes of one session to another, as when a visitor signs in: a post that both like counts once then.
     * @throws as `removeSession`
     */
    async mergeSessions(from: string, to: string): Promise<Moderated> {
      assertSessionId(from)
      assertSessionId(to)
      return from === to ? { posts: 0, complete: true } : mergeSessions(ctx, loop, from, to)
    },

    /** Removes a post with its likes from both stores; false: there was none. @throws StoreUnavailable */
    async removePost(postId: string): Promise<boolean> {
      assertPostId(postId)
      remember(postId)
      return removePost(ctx, postId)
    },

    /** False: no Redis is configured, and what Postgres says is exact. */
    hasRedis: ctx.redis !== null,

    /** The stores themselves and the names of the keys, for tools that compare them. */
    stores: { redis: drained.redis, postgres: ctx.postgres, keys: ctx.keys },

    drain: loop,

    /** Two round trips. Never throws. */
    health: (): Promise<Health> => health(drained, loop.lastDrainAt()),

    /** Drains until nothing is left or the time is up. @throws StoreUnavailable */
    drainOnce: (budgetMs = DRAIN_MS) => loop.drain({ budgetMs }),
  }
}

export type Onecount = ReturnType<typeof createOnecount>
