import { assemble } from './assembly'
import { type BulkOptions, pages, rehydrate } from './bulk'
import type { LikedByOptions, SetOptions, ToggleOptions } from './call-options'
import { OnecountError } from './errors'
import { type Health, health } from './health'
import { type Hydrated, hydrateAll } from './hydrate-all'
import { type LikedPage, likedBy } from './liked-by'
import type { Drained, Drainer, FlushOptions } from './loop'
import { type Moderated, mergeSessions, removePost, removeSession } from './moderation'
import { withOldNames } from './old-names'
import type { OnecountOptions } from './options'
import type { Turns } from './turns'
import type { LikeState, WriteState } from './types'
import { withTimeout } from './with-timeout'
import { press, write } from './write'

export type { OnecountOptions } from './options'

/** Likes in a page of what a session likes, by default, and at most: they are read in one call. */
const LIKED = 50
const LIKED_MAX = 250
/** How long pruning takes at most by default, milliseconds. */
const PRUNE_MS = 5000

/**
 * One count, every view. See `docs/design.md` for what each part promises.
 * @example
 * const onecount = createOnecount({ redis: ioredisPort(client), postgres: postgresJsPort(sql) })
 * onecount.drainer.start()
 * const { count, liked } = await onecount.toggle(postId, sessionId)
 */
export function createOnecount(options: OnecountOptions) {
  return createEngine(options)
}

/** The engine of one kind. `turnsOf`: of a partition, where loops of several kinds look together. */
export function createEngine(options: OnecountOptions, turnsOf?: (partition: number) => Turns) {
  const made = assemble(options, turnsOf)
  const { kind, ids, ack, settings, elapsed, postgres, parts, contextOf, site, moderated, absent } = made
  const { ranking, readPosts, acknowledge, pruning, loop } = made
  // By its name, so that declarations name it too.
  const drainer: Drainer = made.drainer
  const { assertPostId, assertSessionId, postOrder, removedWith } = ids

  /** @throws OnecountError where there cannot be such a pair, or Postgres has just said so */
  function assertPair(postId: string, sessionId: string): void {
    assertPostId(postId)
    assertSessionId(sessionId)
    if (absent.has(postId)) throw new OnecountError('post_not_found', { field: 'postId' })
  }

  const engine = {
    /**
     * Makes a pair liked or not, whatever it was. Send the same `op` with every repeat: then it counts once. An op
     * counts as it is, loses to a newer one of the pair, or is refused; without one the store assigns the next. One
     * round trip to Redis.
     * @throws OnecountError `invalid_post_id`, `invalid_session`, `invalid_op`, `op_ahead` (nothing was saved: send the
     * press again with an op of `options.now`), `post_not_found`, `refused` (a rule of the database forbids it),
     * `unavailable`
     * @example
     * const { count, durable } = await onecount.set(postId, sessionId, true)
     */
    async set(
      postId: string,
      sessionId: string,
      liked: boolean,
      { op, ack: wanted = ack }: SetOptions = {},
    ): Promise<WriteState> {
      assertPair(postId, sessionId)
      const ctx = contextOf(postId)
      const accepted =
        op === undefined ? press(ctx, postId, sessionId, liked) : write(ctx, postId, sessionId, liked, op)
      return acknowledge(postId, sessionId, accepted, wanted)
    },

    /**
     * Flips a pair, for callers that hold no op. One round trip.
     * @throws OnecountError as `set`
     * @example
     * const { count, liked } = await onecount.toggle(postId, sessionId)
     */
    async toggle(
      postId: string,
      sessionId: string,
      { ack: wanted = ack }: ToggleOptions = {},
    ): Promise<WriteState> {
      assertPair(postId, sessionId)
      return acknowledge(postId, sessionId, press(contextOf(postId), postId, sessionId, null), wanted)
    },

    /**
     * States of posts for one session (`null`: of no session, `liked` is null). Posts that do not exist are absent; a
     * count that cannot be known is null; of a private kind it is the session's own, 1 or 0. One round trip per 250
     * posts when they are warm, to each partition that they are in. Never throws.
     * @example
     * const states = await onecount.read([postId], sessionId)
     * const count = states.get(postId)?.count ?? null
     */
    async read(postIds: readonly string[], sessionId: string | null = null): Promise<Map<string, LikeState>> {
      return readPosts(postIds, sessionId)
    },

    /**
     * What a session likes at this moment, by post id, after the one given: its own list. A page
     * may have fewer than `limit` although there is a `next`. One call of each store and one read.
     * @throws OnecountError `invalid_session`, `invalid_post_id`, `unavailable`; StoreUnavailable when Postgres does
     * not answer
     * @example
     * const { likes, next } = await onecount.likedBy(userId)
     * const more = next && (await onecount.likedBy(userId, { after: next }))
     */
    async likedBy(
      sessionId: string,
      { after = null, limit = LIKED }: LikedByOptions = {},
    ): Promise<LikedPage> {
      assertSessionId(sessionId)
      if (after !== null) assertPostId(after)
      const of = { ...site, postgres, postOrder, read: engine.read }
      const page = likedBy(of, sessionId, after, Math.min(Math.max(1, limit), LIKED_MAX))
      return withTimeout(page, settings.deadlineMs, () => {
        throw new OnecountError('unavailable', { detail: `no answer within ${settings.deadlineMs} ms` })
      })
    },

    /**
     * Ids of the most liked posts, by the counts of this moment; of equal ones the greater id first. One round trip.
     * @param limit 100 where left out
     * @throws OnecountError `private_kind`; StoreUnavailable
     * @example
     * const [first] = await onecount.ranking(10)
     */
    async ranking(limit = 100): Promise<string[]> {
      if (kind.isPrivate) throw new OnecountError('private_kind')
      return ranking(limit)
    },

    /**
     * Builds a post's numbers anew from Postgres plus pending; its count, or null. For operators: it is the count of a
     * private kind too.
     * @throws StoreUnavailable
     * @example
     * const count = await onecount.rehydrate(postId)
     */
    rehydrate(postId: string): Promise<number | null> {
      assertPostId(postId)
      return rehydrate(contextOf(postId), postId)
    },

    /**
     * Brings every post into Redis with all that likes it, and builds the ranking; can be repeated at any time, and
     * twice at once. Memory is bounded by a page.
     * @throws StoreUnavailable
     * @example
     * await onecount.hydrateAll({ onPage: ({ posts }) => console.log(`${posts} posts`) })
     */
    async hydrateAll(bulk: BulkOptions = {}): Promise<Hydrated> {
      return hydrateAll({ ...moderated, postOrder }, bulk)
    },

    /**
     * Every post with its numbers, in keyset pages. For operators, as `rehydrate`.
     * @throws StoreUnavailable
     * @example
     * for await (const page of onecount.pages()) console.log(page.length)
     */
    pages: (bulk?: BulkOptions) => pages(postgres, bulk),

    /**
     * Takes back every like of a session. Durable when it returns; can be repeated, also after it was interrupted.
     * @throws OnecountError `invalid_session`; StoreUnavailable when Postgres does not answer
     * @example
     * const { complete } = await onecount.removeSession(sessionId)
     */
    async removeSession(sessionId: string): Promise<Moderated> {
      assertSessionId(sessionId)
      return removeSession(moderated, sessionId)
    },

    /**
     * Gives the likes of one session to another, as when a visitor signs in: a post that both like counts once then.
     * @throws as `removeSession`
     * @example
     * await onecount.mergeSessions(anonymousId, userId)
     */
    async mergeSessions(from: string, to: string): Promise<Moderated> {
      assertSessionId(from)
      assertSessionId(to)
      return from === to ? { posts: 0, complete: true } : mergeSessions(moderated, from, to)
    },

    /**
     * Removes a post with its likes from both stores; false: there was none. Of a kind with variants it is the target
     * of this id, with all of them.
     * @throws StoreUnavailable
     * @example
     * await onecount.removePost(postId)
     */
    async removePost(postId: string): Promise<boolean> {
      assertPostId(postId)
      const removed = removedWith(postId)
      for (const id of removed) absent.add(id)
      return removePost(contextOf(postId), postId, removed)
    },

    /** What is counted, and in which tables. */
    kind,

    /** False: no Redis is configured, and what Postgres says is exact. */
    hasRedis: options.redis !== null,

    /**
     * The stores themselves and the names of the keys, for tools that compare them.
     * @internal
     */
    stores: {
      redis: parts[0]!.port,
      postgres,
      partitions: parts.map(({ drained }) => drained),
      keysOf: (postId: string) => contextOf(postId).keys,
      /** Whether Redis, or the node of one partition, is not asked at the moment because it did not answer. */
      isBreakerOpen: () => parts.some(({ port }) => port?.isOpen() ?? false),
    },

    /** Moves likes to Postgres: in the background from `start` on, or at once with `flush`. */
    drainer,

    /**
     * Which stores answer, and how much is pending. Two round trips a partition. Never throws.
     * @example
     * const { status, pending } = await onecount.health()
     */
    health: (): Promise<Health> =>
      health(
        parts.map(part => part.drained),
        loop.lastDrainAt(),
      ),

    /**
     * The drain under the names that it had in 0.1.
     * @deprecated since 0.2: `drainer`
     */
    drain: withOldNames(drainer),

    /**
     * As `drainer.flush`.
     * @deprecated since 0.2: `drainer.flush({ budgetMs })`
     * @throws StoreUnavailable
     * @example
     * const { drained, more } = await onecount.drainer.flush({ budgetMs: 2000 })
     */
    drainOnce: (budgetMs?: number, options: Omit<FlushOptions, 'budgetMs'> = {}): Promise<Drained> =>
      drainer.flush({ ...options, budgetMs }),

    /**
     * Lets Postgres forget unlikes from long ago and what is logged for a Redis that is gone: once an hour for all
     * processes, for `budgetMs` at most, 5000. `drainer.start()` does so by itself.
     * @throws StoreUnavailable
     * @example
     * await onecount.prune()
     */
    prune(budgetMs = PRUNE_MS): Promise<void> {
      const end = elapsed() + budgetMs
      return pruning.prune(() => elapsed() >= end)
    },
  }
  return engine
}

/** The engine of one kind, as `createOnecount` makes it. */
export type Onecount = ReturnType<typeof createOnecount>
