import type { Keys } from './keys'
import type { PairOp, RankedPost, RedisPort, Reply } from './ports'
import {
  type CollectArgs,
  type LimitBucket,
  type Mirrored,
  type Pair,
  type PostNumbers,
  type PressArgs,
  type SessionOps,
  type SettleArgs,
  scriptCalls,
  type WriteArgs,
} from './script-calls'
import type { Slice } from './settlement'
import type { QueueLook } from './turns'
import type { WriteState } from './types'

/** What `write` and `press` say; but for the first two, nothing has changed. */
export type Verdict =
  | { kind: 'warm'; state: WriteState }
  /** The op is accepted, the count is not known. */
  | { kind: 'cold'; op: number }
  /** Read Postgres and call again; the post is warm where it is the pair alone that is not known. */
  | { kind: 'hydrate'; isPostCold: boolean }
  /** The op lies too far after `moment`, microseconds. */
  | { kind: 'ahead'; moment: number }
  /** Postgres alone knows what the press may do. */
  | { kind: 'ask' }

/** A page as Redis holds it; '' for what it does not hold. */
export interface Page {
  epoch: string
  /** `count|rev|D|G|epoch` of each post. */
  numbers: string[]
  /**
   * `<epoch>|<extent>` of the session, and its op on each post, with `p` behind one that is pending; without a session
   * there is none.
   */
  mark: string
  ops: string[]
}

export type Collected =
  /** What a store had lost is not back yet: call `feed`. */
  | 'feeding'
  /** Another one drains, for so many milliseconds at most unless it says so again. */
  | { heldMs: number }
  /** `batch`: nonce, after, last, members. */
  | { home: string; receipt: string; batch: string[] }

/** What Redis holds of a pair. */
export interface PairInRedis {
  /** The pending op, 0 for none. */
  pending: number
  /** The op that was drained last, '' where it is forgotten. */
  recent: string
  /** The op of the session; `null`: it is not known. */
  own: number | null
  /** Whether `session:likes` and `post:liked` have it. */
  inSession: boolean
  inPost: boolean
}

/**
 * The scripts of one partition as functions. Each is one round trip, and throws StoreUnavailable where Redis does not
 * answer in time or with an error: the outcome is unknown then.
 */
export function createScripts(port: Pick<RedisPort, 'run'>, keys: Keys) {
  const calls = scriptCalls(keys)
  const run: RedisPort['run'] = (script, held, args) => port.run(script, held, args)
  // No async function on the way of a like or a page: they are most of what the engine adds to one.
  const text = (reply: Promise<Reply>) => reply as Promise<string>
  const list = (reply: Promise<Reply>) => reply.then(strings)

  return {
    /** Accepts an op of a pair. */
    write: (pair: PairOp, args: WriteArgs): Promise<Verdict> =>
      run(...calls.write(pair, args)).then(reply => toVerdict(pair.postId, strings(reply))),

    /** Accepts a press without an op, and gives it one. */
    press: (pair: Pair, args: PressArgs): Promise<Verdict> =>
      run(...calls.press(pair, args)).then(reply => toVerdict(pair.postId, strings(reply))),

    /** A page of posts for a session, or without one. */
    read: (postIds: readonly string[], sessionId: string | null): Promise<Page> =>
      run(...calls.read(postIds, sessionId)).then(reply => toPage(reply as string, postIds.length)),

    /**
     * Makes posts warm with what Postgres has at the cut of Redis. A verdict for each, 'OK' or 'MANY' (it has more
     * pending ops than may be added up), or one for all: 'AGAIN' (the cut has moved), 'FEEDING', 'NEW' (there is no cut
     * yet).
     */
    installPosts: (
      receipt: string,
      posts: readonly PostNumbers[],
      of: { now: number; pendingMost: number; ttlMs: number },
    ) => list(run(...calls.installPosts(receipt, posts, of))),

    /** Makes the ops of sessions known. A verdict for each, 'OK', or one for all: 'AGAIN' | 'FEEDING' | 'NEW'. */
    installSessions: (
      receipt: string,
      sessions: readonly SessionOps[],
      of: { ttlMs: number; most: number },
    ) => list(run(...calls.installSessions(receipt, sessions, of))),

    /** A part of what a session has pressed and Postgres does not hold yet; `next`: `null` after the last one. */
    async pendingOps(sessionId: string, cursor: string, count: number) {
      const [next, ...flat] = strings(await run(...calls.pendingOps(sessionId, cursor, count)))
      const ops: { postId: string; op: number }[] = []
      for (let i = 0; i < flat.length; i += 2) ops.push({ postId: flat[i]!, op: Number(flat[i + 1]) })
      return { next: next === '0' ? null : next!, ops }
    },

    /** Makes a post and sessions cold, so that the next reader hydrates them. */
    cool: (postId: string, sessionIds: readonly string[] = []) => run(...calls.cool(postId, sessionIds)),

    /** Drops what is held of a post that was removed. */
    forget: (postId: string) => run(...calls.forget(postId)),

    /** The batch in flight, or a new one. */
    async collect(args: CollectArgs): Promise<Collected> {
      const reply = strings(await run(...calls.collect(args)))
      if (reply.length === 0) return 'feeding'
      if (reply.length === 1) return { heldMs: Number(reply[0]) }
      const [home, receipt, ...batch] = reply as [string, string, ...string[]]
      return { home, receipt, batch }
    },

    /** Settles a slice of the batch; the last one moves the cut and answers the next batch, as `Collected`. */
    async settle(slice: Slice, args: SettleArgs): Promise<'late' | { batch: string[] }> {
      const [verdict, ...batch] = strings(await run(...calls.settle(slice, args)))
      return verdict === 'LATE' ? 'late' : { batch }
    },

    /**
     * Drops the batch in flight, which Postgres does not take; false where it stays, or another one is in flight.
     * `foreign`: members of it that are no ops are set aside.
     */
    abandon: (nonce: string, foreign?: readonly string[]) =>
      run(...calls.abandon(nonce, foreign)).then(isYes),

    /** Begins an epoch at the receipt of Postgres: 'DIVERGED', or 'LATE' where another batch is in flight. */
    resolve: (receipt: string, nonce: string, limit: number) =>
      text(run(...calls.resolve(receipt, nonce, limit))),

    /** Makes more of the recent ops pending again; whether there are more. */
    feed: (limit: number) => run(...calls.feed(limit)).then(isYes),

    /** Takes over what the version before has pending; whether there is more. */
    adopt: (limit: number) => run(...calls.adopt(limit)).then(isYes),

    /** What is left to drain here and in the other queues, in their order, and when the caller looks again. */
    async look(idleMs: number, others: readonly string[]): Promise<{ nextMs: number; queues: QueueLook[] }> {
      const [nextMs, ...flat] = strings(await run(...calls.look(idleMs, others)))
      const queues: QueueLook[] = []
      for (let i = 0; i < flat.length; i += 3)
        queues.push({ isPending: flat[i] === '1', confirmed: flat[i + 1]!, home: flat[i + 2]! })
      return { nextMs: Number(nextMs), queues }
    },

    /** What is left to drain, and the id of this Redis, '' for none; `oldestOp` is of a sample. */
    async status(sample: number) {
      const [confirmed, epoch, pending, oldestOp, home] = strings(await run(...calls.status(sample)))
      return {
        /** The receipt of the cut. */
        confirmed: confirmed!,
        epoch: epoch!,
        pending: Number(pending),
        oldestOp: Number(oldestOp),
        home: home!,
      }
    },

    /** The most liked posts; without an epoch the ranking is not complete. */
    async rank(limit: number): Promise<{ epoch: string; posts: RankedPost[] }> {
      const [epoch, ...flat] = strings(await run(...calls.rank(limit))) as [string, ...string[]]
      const posts: RankedPost[] = []
      for (let i = 0; i < flat.length; i += 2) posts.push({ postId: flat[i]!, likes: Number(flat[i + 1]) })
      return { epoch, posts }
    },

    /** Begins to build the ranking: 'MINE' | 'COMPLETE' | 'BUSY' | 'NEW', and its epoch. */
    async prepare(token: string, pageMs: number): Promise<{ verdict: string; epoch: string }> {
      const [verdict, epoch] = strings(await run(...calls.prepare(token, pageMs)))
      return { verdict: verdict!, epoch: epoch! }
    },

    /** Puts posts into the ranking; false: it is not this filler's any more, nothing changed. */
    fill: (
      posts: readonly RankedPost[],
      of: { epoch: string; token: string; page: number; isLast: boolean; pageMs: number },
    ) => run(...calls.fill(posts, of)).then(reply => reply === 'OK'),

    /** Gives the right to fill the ranking back. */
    release: (token: string) => run(...calls.release(token)),

    /** Numbers, right numbers and mirror of each post, flat; or 'AGAIN', 'NEW'. */
    comparePosts: (receipt: string, posts: readonly Omit<PostNumbers, 'rev'>[], pendingMost: number) =>
      list(run(...calls.comparePosts(receipt, posts, pendingMost))),

    /** What Redis holds of pairs. */
    async comparePairs(pairs: readonly Pair[]): Promise<PairInRedis[]> {
      return strings(await run(...calls.comparePairs(pairs))).map(toPairInRedis)
    },

    /** Puts what Postgres holds of pairs into the mirrors, unless Redis knows better. */
    mirror: (pairs: readonly Mirrored[], likers: boolean) => run(...calls.mirror(pairs, likers)),

    /** Writes the counts of posts that are warm into their mirrors. */
    mirrorLikes: (postIds: readonly string[]) => run(...calls.mirrorLikes(postIds)),

    /** A part of those who like a post, as its mirror says; the next cursor is '0' after the last one. */
    async likers(
      postId: string,
      cursor: string,
      count: number,
    ): Promise<{ next: string; sessionIds: string[] }> {
      const [next, ...sessionIds] = strings(await run(...calls.likers(postId, cursor, count)))
      return { next: next!, sessionIds }
    },

    /** How many like each post, as the mirrors say. */
    async sizes(postIds: readonly string[]): Promise<number[]> {
      return strings(await run(...calls.sizes(postIds))).map(Number)
    },

    /** Takes over what is pending of a partition that is given up, as members; `done` is held by Postgres by now. */
    close: (limit: number, done: readonly string[]) => list(run(...calls.close(limit, done))),
    closeBefore: (limit: number, done: readonly string[]) => list(run(...calls.closeBefore(limit, done))),

    /** Lets a partition that was given up be one again. */
    reopen: () => run(...calls.reopen()),

    /** Takes a token from every bucket, or from none; what each holds then. */
    async limit(buckets: readonly LimitBucket[]): Promise<{ isTaken: boolean; tokens: number[] }> {
      const [isTaken, ...tokens] = strings(await run(...calls.limit(buckets)))
      return { isTaken: isTaken === '1', tokens: tokens.map(Number) }
    },
  }
}

export type Scripts = ReturnType<typeof createScripts>

const isYes = (reply: Reply): boolean => reply === '1'

/** A list of strings, as most scripts answer. */
function strings(reply: Reply): string[] {
  if (!Array.isArray(reply))
    throw new TypeError(`Redis answered ${JSON.stringify(reply)} where a list was expected`)
  return reply as string[]
}

function toPage(reply: string, posts: number): Page {
  const parts = reply.split(';')
  return {
    epoch: parts[0]!,
    numbers: parts.slice(1, posts + 1),
    mark: parts[posts + 1] ?? '',
    ops: parts.slice(posts + 2),
  }
}

function toVerdict(postId: string, [verdict, ...rest]: string[]): Verdict {
  if (verdict === 'COLD') return { kind: 'cold', op: Number(rest[0]) }
  if (verdict === 'HYDRATE') return { kind: 'hydrate', isPostCold: rest[0] === 'post' }
  if (verdict === 'ASK') return { kind: 'ask' }
  if (verdict === 'AHEAD') return { kind: 'ahead', moment: Number(rest[0]) }
  const [count, rev, liked, op, durable, exact] = rest
  return {
    kind: 'warm',
    state: {
      postId,
      count: exact === '1' ? Number(count) : Math.max(Number(count), Number(liked)),
      rev: Number(rev),
      liked: liked === '1',
      op: Number(op),
      durable: durable === '1',
      source: exact === '1' ? 'redis' : 'lagging',
    },
  }
}

function toPairInRedis(text: string): PairInRedis {
  const [pending, recent, own, inSession, inPost] = text.split('|')
  return {
    pending: Number(pending),
    recent: recent!,
    own: own === '' ? null : Number(own),
    inSession: inSession === '1',
    inPost: inPost === '1',
  }
}
