import type { Keys } from './keys'
import type { PairOp, RankedPost, ScriptName } from './ports'
import type { Slice } from './settlement'

export type Pair = Omit<PairOp, 'op'>

/** A script with its KEYS and ARGV. */
export type ScriptCall = [script: ScriptName, keys: string[], args: (string | number)[]]

/** `warm`: only where post and pair are known. */
export type Accept = 'warm' | 'any'

export interface WriteArgs {
  /** Microseconds. */
  now: number
  accept: Accept
  /** How far after every known moment the op may lie, microseconds; '': it was accepted before, and is not judged. */
  ahead: number | ''
  /** Whether `post:liked:<post>` is kept. */
  likers: boolean
}

export interface PressArgs extends WriteArgs {
  /** Id of the call, by which a repeat finds the op that it was given. */
  call: string
  wanted: boolean | 'flip'
  /** For how long it does, milliseconds. */
  keepMs: number
}

export interface CollectArgs {
  /** A part of the nonce of a new batch. */
  id: string
  limit: number
  /** The last member of the batch before, '' to start. */
  after: string
  /** Id that this Redis gets if it has none; '': it gets none. */
  home: string
  /** The caller has drained this Redis under that id before. */
  isSure: boolean
  /** The process that takes the lease; '': drains without one. */
  drainer: string
  leaseMs: number
}

export interface SettleArgs {
  /** Of the batch. */
  nonce: string
  /** Of Postgres, the new cut. */
  receipt: string
  /** Microseconds. */
  now: number
  /**
   * The latest and the earliest of the clocks that are known, as ops; and how long an op is remembered in their units.
   */
  latest: number
  began: number
  lasts: number
  /** How long a session stays after its last use, milliseconds. */
  sessionMs: number
  /** Of the next batch, as `CollectArgs`. */
  nextId: string
  limit: number
  after: string
  likers: boolean
  drainer: string
  leaseMs: number
}

/** What Postgres says of a post. */
export interface PostNumbers {
  postId: string
  likes: number
  rev: number
}

/** What Postgres says of a session. */
export interface SessionOps {
  sessionId: string
  /** 'all': these are all its ops; 'some': of these posts. */
  extent: 'all' | 'some'
  /** By post, 0 for none. */
  ops: ReadonlyMap<string, number>
}

/** What Postgres holds of a pair, 0 for nothing; `before`: its recent op of the time before it was read. */
export type Mirrored = PairOp & { before?: string }

export interface LimitBucket {
  kind: string
  key: string
  /** Tokens that it holds when it is full, and how long filling it takes. */
  tokens: number
  windowMs: number
}

const flag = (is: boolean) => (is ? '1' : '0')

/** How each script of `lua/` is called: the order of its KEYS and ARGV stands here and in its header. */
export function scriptCalls(keys: Keys) {
  const { q, recent } = keys
  const pairKeys = ({ postId, sessionId }: Pair) => [
    q,
    keys.meta(postId),
    keys.ops(sessionId),
    keys.rank,
    keys.likes(postId),
    keys.sessions(sessionId),
  ]
  const numberKeys = (postIds: readonly string[]) => postIds.flatMap(id => [keys.meta(id), keys.likes(id)])
  const idOf = ({ postId }: { postId: string }) => postId

  return {
    write(pair: PairOp, { now, accept, ahead, likers }: WriteArgs): ScriptCall {
      const held = pairKeys(pair)
      if (likers) held.push(keys.liked(pair.postId))
      return ['write', held, [pair.postId, pair.sessionId, pair.op, now, accept, ahead]]
    },

    press(pair: Pair, { call, now, wanted, accept, ahead, keepMs, likers }: PressArgs): ScriptCall {
      const held = [...pairKeys(pair), keys.call(call)]
      if (likers) held.push(keys.liked(pair.postId))
      const asked = wanted === 'flip' ? wanted : flag(wanted)
      return ['press', held, [pair.postId, pair.sessionId, now, asked, accept, ahead, keepMs]]
    },

    read: (postIds: readonly string[], sessionId: string | null): ScriptCall => [
      'read',
      [q, sessionId === null ? q : keys.ops(sessionId), ...postIds.map(keys.meta)],
      [flag(sessionId !== null)],
    ],

    installPosts: (
      receipt: string,
      posts: readonly PostNumbers[],
      { now, pendingMost, ttlMs }: { now: number; pendingMost: number; ttlMs: number },
    ): ScriptCall => [
      'install-posts',
      [q, keys.rank, ...numberKeys(posts.map(idOf))],
      [receipt, now, pendingMost, ttlMs, ...posts.flatMap(post => [post.postId, post.likes, post.rev])],
    ],

    installSessions: (
      receipt: string,
      sessions: readonly SessionOps[],
      { ttlMs, most }: { ttlMs: number; most: number },
    ): ScriptCall => [
      'install-sessions',
      [q, ...sessions.map(({ sessionId }) => keys.ops(sessionId))],
      [
        ...[receipt, ttlMs, most],
        ...sessions.flatMap(({ sessionId, extent, ops }) => [
          sessionId,
          extent,
          ops.size,
          ...[...ops].flat(),
        ]),
      ],
    ],

    pendingOps: (sessionId: string, cursor: string, count: number): ScriptCall => [
      'pending-ops',
      [q, keys.ops(sessionId)],
      [cursor, count],
    ],

    cool: (postId: string, sessionIds: readonly string[]): ScriptCall => [
      'cool',
      [keys.meta(postId), ...sessionIds.map(keys.ops)],
      [],
    ],

    forget: (postId: string): ScriptCall => [
      'forget',
      [keys.rank, keys.meta(postId), keys.likes(postId), keys.liked(postId)],
      [postId],
    ],

    collect: ({ id, limit, after, home, isSure, drainer, leaseMs }: CollectArgs): ScriptCall => [
      'collect',
      [q, keys.lease],
      [id, limit, after, home, flag(isSure), drainer, leaseMs],
    ],

    settle: (slice: Slice, of: SettleArgs): ScriptCall => [
      'settle',
      [
        ...[q, recent, keys.late, keys.rank, keys.lease],
        ...[...slice.posts.keys()].flatMap(id => [keys.meta(id), keys.likes(id), keys.liked(id)]),
        ...slice.sessions.map(keys.ops),
        ...slice.mirrors.map(keys.sessions),
      ],
      [
        ...[of.nonce, of.receipt, of.now, of.latest, of.began, of.lasts, of.sessionMs],
        ...[of.nextId, of.limit, of.after, slice.range, flag(of.likers), of.drainer, of.leaseMs],
        ...[slice.posts.size, ...[...slice.posts].flat()],
        ...[slice.sessions.length, slice.landed.length / 3, ...slice.landed, ...slice.told],
      ],
    ],

    abandon: (nonce: string, foreign: readonly string[] = []): ScriptCall => [
      'abandon',
      [q],
      [nonce, ...foreign],
    ],
    resolve: (receipt: string, nonce: string, limit: number): ScriptCall => [
      'resolve',
      [q, recent],
      [receipt, nonce, limit],
    ],
    feed: (limit: number): ScriptCall => ['feed', [q, recent], [limit]],
    adopt: (limit: number): ScriptCall => ['adopt', [keys.before, keys.beforeRest, q, recent], [limit]],

    look: (idleMs: number, others: readonly string[] = []): ScriptCall => [
      'look',
      [q, keys.turns(idleMs), ...others],
      [idleMs],
    ],
    status: (sample: number): ScriptCall => ['status', [q, recent], [sample]],

    rank: (limit: number): ScriptCall => ['rank', [q, keys.rank], [limit]],
    prepare: (token: string, pageMs: number): ScriptCall => [
      'prepare',
      [q, keys.rank, keys.filling],
      [token, pageMs],
    ],
    fill: (
      posts: readonly RankedPost[],
      of: { epoch: string; token: string; page: number; isLast: boolean; pageMs: number },
    ): ScriptCall => [
      'fill',
      [q, keys.rank, keys.filling, ...posts.map(post => keys.meta(post.postId))],
      [of.epoch, of.token, of.page, flag(of.isLast), of.pageMs, ...posts.flatMap(p => [p.postId, p.likes])],
    ],
    release: (token: string): ScriptCall => ['release', [keys.filling], [token]],

    comparePosts: (
      receipt: string,
      posts: readonly Omit<PostNumbers, 'rev'>[],
      pendingMost: number,
    ): ScriptCall => [
      'compare-posts',
      [q, ...numberKeys(posts.map(idOf))],
      [receipt, pendingMost, ...posts.flatMap(post => [post.postId, post.likes])],
    ],
    comparePairs: (pairs: readonly Pair[]): ScriptCall => [
      'compare-pairs',
      [
        q,
        recent,
        ...pairs.flatMap(p => [keys.ops(p.sessionId), keys.sessions(p.sessionId), keys.liked(p.postId)]),
      ],
      pairs.flatMap(pair => [pair.postId, pair.sessionId]),
    ],

    mirror: (pairs: readonly Mirrored[], likers: boolean): ScriptCall => [
      'mirror',
      [q, recent, ...pairs.flatMap(pair => [keys.sessions(pair.sessionId), keys.liked(pair.postId)])],
      [flag(likers), ...pairs.flatMap(p => [p.postId, p.sessionId, p.op, p.before ?? ''])],
    ],
    mirrorLikes: (postIds: readonly string[]): ScriptCall => [
      'mirror-likes',
      [q, ...numberKeys(postIds)],
      [],
    ],
    likers: (postId: string, cursor: string, count: number): ScriptCall => [
      'likers',
      [q, keys.liked(postId)],
      [cursor, count],
    ],
    sizes: (postIds: readonly string[]): ScriptCall => ['sizes', [q, ...postIds.map(keys.liked)], []],

    close: (limit: number, done: readonly string[]): ScriptCall => [
      'close',
      [q, keys.closed],
      [limit, ...done],
    ],
    /** Of the queue of the version before. */
    closeBefore: (limit: number, done: readonly string[]): ScriptCall => [
      'close',
      [keys.before, keys.beforeRest],
      [limit, ...done],
    ],
    reopen: (): ScriptCall => ['reopen', [q], []],

    limit: (buckets: readonly LimitBucket[]): ScriptCall => [
      'limit',
      buckets.map(({ kind, key }) => keys.limit(kind, key)),
      buckets.flatMap(({ tokens, windowMs }) => [tokens, windowMs]),
    ],
  }
}
