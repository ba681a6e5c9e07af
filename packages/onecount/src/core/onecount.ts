import type { Ack } from './ack'
import { withSnapshotBreaker } from './breaker'
import { type BulkOptions, pages, rehydrate } from './bulk'
import { createClock } from './clock'
import { DEFAULT_SETTINGS, type Settings, type Site } from './context'
import { OnecountError } from './errors'
import { buildRanking } from './fill-ranking'
import { groupWrites } from './group-writes'
import { type Health, health } from './health'
import { joinLoops } from './join-loops'
import { MOST_PARTITIONS } from './keys'
import { DEFAULT_KIND } from './kind'
import { idsOf } from './kind-ids'
import { type LikedPage, likedBy } from './liked-by'
import type { DrainOptions, LoopOptions } from './loop'
import { createMirrorFiller } from './mirrors'
import { type Moderated, mergeSessions, removePost, removeSession } from './moderation'
import { ownView } from './own-view'
import { createPartition } from './partition'
import type { Logger, PostgresPort, RedisPort } from './ports'
import { createPruning } from './pruning'
import { createRanking } from './ranking'
import { read, unknown } from './read'
import type { Turns } from './turns'
import type { LikeState, WriteState } from './types'
import { within } from './within'
import { press, write } from './write'

export interface OnecountOptions {
  /** `null`: no Redis; Postgres serves alone. */
  redis: RedisPort | null
  /** Its kind says which ids there are, and what stands before the keys of Redis. */
  postgres: PostgresPort
  /** `redis` where left out; each call can say otherwise. */
  ack?: Ack
  /** Id of Redis in place of `redis.id`, the same in every process of the application. */
  redisId?: string
  /** Gives Postgres to this Redis if it belongs to another one, once. For a move: leave it out afterwards. */
  takeOver?: boolean
  /** Into how many parts the keys are split, for a Redis Cluster; the same in every process and in Postgres. 1. */
  partitions?: number
  /** `likers: false`: `post:liked:<post>` is not kept. */
  indexes?: { likers?: boolean }
  settings?: Partial<Settings>
  drain?: LoopOptions
  log?: Logger
  /** Milliseconds since 1970, in place of all the clocks of the machine. */
  clock?: () => number
  /** Waits so many milliseconds, in place of the timers of the machine. */
  sleep?: (ms: number) => Promise<unknown>
}

/** Posts that are read in one script call. */
const PAGE = 250
/** So many ids that Postgres does not have are remembered, for so many milliseconds. */
const ABSENT_MAX = 10_000
const ABSENT_MS = 1000
/** Presses that Postgres takes in one call at most. */
const GROUP = 1000
/** Likes in a page of what a session likes, when nobody says, and at most: they are read in one call. */
const LIKED = 50
const LIKED_MAX = PAGE
/** How long a drain that is waited for takes at most, milliseconds, when nobody says. */
const DRAIN_MS = 5000

/** One count, every view. See `docs/design.md` for what each part promises. */
export function createOnecount(options: OnecountOptions) {
  return createEngine(options)
}

/** The engine of one kind. `turnsOf`: of a partition, where loops of several kinds look together. */
export function createEngine(options: OnecountOptions, turnsOf?: (partition: number) => Turns) {
  const { partitions = 1, log = console } = options
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > MOST_PARTITIONS)
    throw new OnecountError('misconfigured', {
      field: 'partitions',
      detail: `partitions must be a whole number from 1 to ${MOST_PARTITIONS}, not ${partitions}`,
    })
  const { kind = DEFAULT_KIND } = options.postgres
  const { isPostId, assertPostId, assertSessionId, partitionOf, postOrder, removedWith } = idsOf(kind)
  const clock = options.clock ?? Date.now
  const elapsed = options.clock ?? (() => performance.now())
  const sleep = options.sleep ?? ((ms: number) => new Promise(resolve => setTimeout(resolve, ms)))
  const settings = { ...DEFAULT_SETTINGS, likers: options.indexes?.likers ?? true, ...options.settings }
  const grouped = groupWrites(options.postgres, {
    size: GROUP,
    patienceMs: settings.deadlineMs,
    elapsed,
    turn: options.sleep && (() => sleep(0)),
  })
  const postgres = withSnapshotBreaker(grouped, {
    failures: settings.breakerFailures,
    pauseMs: settings.breakerMs,
    clock: elapsed,
  })
  const now = createClock(clock)
  const parts = Array.from({ length: partitions }, (_, partition) =>
    createPartition({
      partition,
      partitions,
      keyPrefix: kind.keyPrefix,
      redis: options.redis,
      postgres,
      redisId: options.redisId || options.redis?.id || '',
      takeOver: options.takeOver ?? false,
      isPrivate: kind.isPrivate,
      settings,
      drain: options.drain,
      turns: turnsOf?.(partition),
      log,
      now,
      elapsed,
      sleep,
    }),
  )
  const partOf = (postId: string) => parts[partitionOf(postId, partitions)]!
  const contextOf = (postId: string) => partOf(postId).ctx
  const site: Site = { contexts: parts.map(part => part.ctx), contextOf }
  const pruning = createPruning(postgres, settings.unlikeDays, log)
  const loop = joinLoops(
    parts.map(part => part.loop),
    pruning,
  )
  const moderated = { ...site, postgres, drain: () => loop.drain({ budgetMs: DRAIN_MS }) }
  const ranking = createRanking(site)
  const absent = new Map<string, number>()

  /** What is shown of a state. */
  const view = <S extends LikeState>(state: S): S => (kind.isPrivate ? ownView(state) : state)
  const lost = (postId: string): LikeState => view(unknown(postId))

  const isAbsent = (postId: string) => absent.size > 0 && (absent.get(postId) ?? 0) > elapsed()
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
      const state = view(await write)
      if (state.durable) return state
      const { committer, loop } = partOf(postId)
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

  const engine = {
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
      const ctx = contextOf(postId)
      const accepted =
        op === undefined ? press(ctx, postId, sessionId, liked) : write(ctx, postId, sessionId, liked, op)
      return written(postId, sessionId, accepted, ack)
    },

    /** Flips a pair, for callers that hold no op. One round trip. @throws OnecountError as `set` */
    async toggle(postId: string, sessionId: string, { ack }: { ack?: Ack } = {}): Promise<WriteState> {
      assertPostId(postId)
      assertSessionId(sessionId)
      if (isAbsent(postId)) throw new OnecountError('post_not_found', { field: 'postId' })
      return written(postId, sessionId, press(contextOf(postId), postId, sessionId, null), ack)
    },

    /**
     * States of posts for one session (`null`: nobody, `liked` is null). Posts that do not exist are absent; a count
     * that cannot be known is null; of a private kind it is the session's own, 1 or 0. One round trip per 250 posts
     * when they are warm, to each partition that they are in.
     * Never throws.
     */
    async read(postIds: readonly string[], sessionId: string | null = null): Promise<Map<string, LikeState>> {
      const wanted = [...new Set(postIds)].filter(id => isPostId(id) && !isAbsent(id))
      const readPage = async ({ ctx }: (typeof parts)[number], page: string[]) => {
        const states = await read(ctx, page, sessionId)
        if (states.size < page.length) for (const id of page) if (!states.has(id)) remember(id)
        if (kind.isPrivate) for (const [id, state] of states) states.set(id, ownView(state))
        return states
      }
      // As almost every page is.
      if (partitions === 1 && wanted.length <= PAGE) {
        const late = () => new Map(wanted.map(id => [id, lost(id)]))
        return within(readPage(parts[0]!, wanted), settings.deadlineMs, late)
      }
      const found = new Map<string, LikeState>()
      const left = new Set(wanted)
      const readPart = async (part: (typeof parts)[number]) => {
        const own = wanted.filter(id => partOf(id) === part)
        for (let i = 0; i < own.length; i += PAGE) {
          const page = own.slice(i, i + PAGE)
          for (const [id, state] of await readPage(part, page)) found.set(id, state)
          for (const id of page) left.delete(id)
        }
      }
      const inOrder = () =>
        new Map(
          wanted.flatMap(id => {
            const state = left.has(id) ? lost(id) : found.get(id)
            return state ? [[id, state] as const] : []
          }),
        )
      return within(Promise.all(parts.map(readPart)).then(inOrder), settings.deadlineMs, inOrder)
    },

    /**
     * What a session likes at this moment, by post id, after the one given: its own list. `limit` is 50, and at most
     * 250; a page may have fewer although there is a `next`. One call of each store and one read.
     * @throws OnecountError `invalid_session`, `invalid_post_id`, `unavailable`; StoreUnavailable when Postgres does
     * not answer
     * @example
     * const { likes, next } = await onecount.likedBy(userId)
     * const more = next && (await onecount.likedBy(userId, { after: next }))
     */
    async likedBy(
      sessionId: string,
      { after = null, limit = LIKED }: { after?: string | null; limit?: number } = {},
    ): Promise<LikedPage> {
      assertSessionId(sessionId)
      if (after !== null) assertPostId(after)
      const of = { ...site, postgres, postOrder, read: engine.read }
      const page = likedBy(of, sessionId, after, Math.min(Math.max(1, limit), LIKED_MAX))
      return within(page, settings.deadlineMs, () => {
        throw new OnecountError('unavailable', { detail: `no answer within ${settings.deadlineMs} ms` })
      })
    },

    /**
     * Ids of the most liked posts, by the counts of this moment; of equal ones the greater id first. One round trip.
     * @throws OnecountError `private_kind`; StoreUnavailable
     */
    async ranking(limit = 100): Promise<string[]> {
      if (kind.isPrivate) throw new OnecountError('private_kind')
      return ranking(limit)
    },

    /**
     * Builds a post's numbers anew from Postgres plus pending; its count, or null. For operators: it is the count of a
     * private kind too. @throws StoreUnavailable
     */
    rehydrate(postId: string): Promise<number | null> {
      assertPostId(postId)
      return rehydrate(contextOf(postId), postId)
    },

    /**
     * Brings every post into Redis with all that likes it, and builds the ranking; can be repeated at any time, and twice
     * at once. Memory is bounded by a page. @throws StoreUnavailable
     */
    async hydrateAll(bulk: BulkOptions = {}): Promise<{ posts: number; ratings: number }> {
      // Stores that meet for the first time find that they have diverged, and every post is cold from then on.
      await loop.drain({ budgetMs: DRAIN_MS })
      const fillMirrors = createMirrorFiller(postgres, contextOf, bulk.after ?? null, postOrder)
      const total = { posts: 0, ratings: 0 }
      for await (const page of pages(postgres, bulk)) {
        const last = page.at(-1)!.postId
        const ids = page.map(post => post.postId)
        await Promise.all(
          site.contexts.map(async ctx => {
            const own = ids.filter(id => contextOf(id) === ctx)
            for (let i = 0; i < own.length; i += PAGE) await read(ctx, own.slice(i, i + PAGE), null)
          }),
        )
        total.posts += page.length
        total.ratings += await fillMirrors(ids, bulk.signal)
        bulk.onPage?.({ ...total, last })
      }
      await buildRanking(site)
      return total
    },

    /** Every post with its numbers, in keyset pages. For operators, as `rehydrate`. @throws StoreUnavailable */
    pages: (bulk?: BulkOptions) => pages(postgres, bulk),

    /**
     * Takes back every like of a session. Durable when it returns; can be repeated, also after it was interrupted.
     * @throws OnecountError `invalid_session`; StoreUnavailable when Postgres does not answer
     */
    async removeSession(sessionId: string): Promise<Moderated> {
      assertSessionId(sessionId)
      return removeSession(moderated, sessionId)
    },

    /**
     * Gives the likes of one session to another, as when a visitor signs in: a post that both like counts once then.
     * @throws as `removeSession`
     */
    async mergeSessions(from: string, to: string): Promise<Moderated> {
      assertSessionId(from)
      assertSessionId(to)
      return from === to ? { posts: 0, complete: true } : mergeSessions(moderated, from, to)
    },

    /**
     * Removes a post with its likes from both stores; false: there was none. Of a kind with variants it is the target of
     * this id, with all of them. @throws StoreUnavailable
     */
    async removePost(postId: string): Promise<boolean> {
      assertPostId(postId)
      const removed = removedWith(postId)
      for (const id of removed) remember(id)
      return removePost(contextOf(postId), postId, removed)
    },

    /** What is counted, and in which tables. */
    kind,

    /** False: no Redis is configured, and what Postgres says is exact. */
    hasRedis: options.redis !== null,

    /** The stores themselves and the names of the keys, for tools that compare them. */
    stores: {
      redis: parts[0]!.port,
      postgres,
      partitions: parts.map(({ drained }) => drained),
      keysOf: (postId: string) => contextOf(postId).keys,
    },

    drain: loop,

    /** Two round trips a partition. Never throws. */
    health: (): Promise<Health> =>
      health(
        parts.map(part => part.drained),
        loop.lastDrainAt(),
      ),

    /** Drains until nothing is left or `budgetMs` have passed, 5000. @throws StoreUnavailable */
    drainOnce: (budgetMs = DRAIN_MS, options: Omit<DrainOptions, 'budgetMs'> = {}) =>
      loop.drain({ ...options, budgetMs }),

    /**
     * Lets Postgres forget unlikes from long ago and what is logged for a Redis that is gone: once an hour, whoever asks,
     * for `budgetMs` at most, 5000. `drain.start()` does so by itself. @throws StoreUnavailable
     */
    prune(budgetMs = DRAIN_MS): Promise<void> {
      const end = elapsed() + budgetMs
      return pruning.prune(() => elapsed() >= end)
    },
  }
  return engine
}

export type Onecount = ReturnType<typeof createOnecount>
