import { createHash } from 'node:crypto'
import { createKeys } from '../../core/keys'
import type { RedisPort } from '../../core/ports'
import { type Slice, settlementOf } from '../../core/settlement'
import { AHEAD, T } from './constants'

/** The batch in flight, as Redis hands it out. */
export interface Batch {
  /** Id of this Redis, '' for none. */
  home: string
  /** Receipt of the cut, '' for none. */
  parent: string
  nonce: string
  after: string
  last: string
  members: string[]
}

/** What Postgres answers to a batch. */
export interface Answer {
  /** Likes by post; a post of the batch that is left out is gone. */
  likes?: Record<string, number>
  /** Ops that Redis has not seen. */
  rows?: [post: string, session: string, op: number][]
  /** Entries that Postgres has set aside, and the op that it holds of the pair. */
  refused?: [post: string, session: string, op: number, known: number][]
}

export interface PressOf {
  /** The clock of the caller, microseconds. */
  now?: number
  accept?: 'warm' | 'any'
  /** Whether `post:liked:<post>` is kept. */
  likers?: boolean
}

export interface SettleOf {
  now?: number
  /** The latest and the earliest of the clocks, as ops, and how long an op is remembered in their units. */
  latest?: number
  began?: number
  lasts?: number
  ttl?: number
  likers?: boolean
  drainer?: string
  leaseMs?: number
  /** Of the next batch. */
  id?: string
  limit?: number
  after?: string
}

export const receiptOf = (batch: Batch): string => `${batch.nonce}/postgres`

/** The epoch that begins where Postgres has refused this batch. */
export const epochOf = (nonce: string): string => createHash('sha1').update(nonce).digest('hex').slice(0, 16)

/** What `settle` is told of a batch, in slices of so many pairs. */
export function slicesOf(batch: Batch, answer: Answer = {}, size = 100): Slice[] {
  const { likes = {}, rows = [], refused = [] } = answer
  const entries = batch.members.map(member => {
    const [postId, sessionId, op, rev] = member.split('|') as [string, string, string, string]
    return { postId, sessionId, op: Number(op), rev: Number(rev), member }
  })
  const result = {
    status: 'applied' as const,
    receipt: receiptOf(batch),
    rows: rows.map(([postId, sessionId, op]) => ({ postId, sessionId, op })),
    posts: Object.entries(likes).map(([postId, likes]) => ({ postId, likes })),
    refused: refused.map(([postId, sessionId, op, known]) => ({
      ...{ postId, sessionId, op, known },
      ...{ sqlstate: '23514', message: 'a constraint' },
    })),
  }
  return settlementOf(entries, result, size)
}

/** The scripts with named arguments. `tag` is the hash tag of the keys. */
export function scriptsOf({ run }: Pick<RedisPort, 'run'>, tag = '') {
  const keys = createKeys(tag)
  const pairKeys = (post: string, session: string) => [
    ...[keys.q, keys.meta(post), keys.ops(session), keys.rank, keys.likes(post), keys.sessions(session)],
  ]
  let calls = 0

  return {
    keys,

    /** Not judged when `ahead` is left out: an op that was accepted before. */
    write: (
      post: string,
      session: string,
      op: number,
      { now = T, accept = 'warm', likers = true, ahead = '' }: PressOf & { ahead?: number | '' } = {},
    ) =>
      run(
        'write',
        [...pairKeys(post, session), ...(likers ? [keys.liked(post)] : [])],
        [post, session, op, now, accept, ahead],
      ) as Promise<string[]>,

    /** Each a call of its own, but where one is named. */
    press: (
      post: string,
      session: string,
      wanted: '1' | '0' | 'flip',
      options: PressOf & { call?: string; keep?: number } = {},
    ) => {
      const { now = T, accept = 'warm', likers = true, keep = 30_000 } = options
      const call = keys.call(options.call ?? `call-${++calls}`)
      return run(
        'press',
        [...pairKeys(post, session), call, ...(likers ? [keys.liked(post)] : [])],
        [post, session, now, wanted, accept, AHEAD, keep],
      ) as Promise<string[]>
    },

    /** As the script answers, for nobody where the session is `null`. */
    read: (posts: string[], session: string | null = null) =>
      run(
        'read',
        [keys.q, session === null ? keys.q : keys.ops(session), ...posts.map(keys.meta)],
        [session === null ? '0' : '1'],
      ) as Promise<string>,

    installPosts: (
      receipt: string,
      posts: [post: string, likes: number, rev?: number][],
      { now = T, most = 1000, ttl = 60_000 } = {},
    ) =>
      run(
        'install-posts',
        [keys.q, keys.rank, ...posts.flatMap(([post]) => [keys.meta(post), keys.likes(post)])],
        [receipt, now, most, ttl, ...posts.flatMap(([post, likes, rev = 0]) => [post, likes, rev])],
      ) as Promise<string[]>,

    installSession: (
      session: string,
      receipt: string,
      ops: [post: string, op: number][],
      {
        extent = 'all',
        ttl = 60_000,
        most = 1000,
      }: { extent?: 'all' | 'some'; ttl?: number; most?: number } = {},
    ) =>
      run(
        'install-session',
        [keys.q, keys.ops(session)],
        [session, receipt, extent, ttl, most, ...ops.flat()],
      ) as Promise<string>,

    cool: (post: string, ...sessions: string[]) =>
      run('cool', [keys.meta(post), ...sessions.map(session => keys.ops(session))], []),
    forget: (post: string) =>
      run('forget', [keys.rank, keys.meta(post), keys.likes(post), keys.liked(post)], [post]),

    /** `null`: nothing is handed out until what a store had lost is pending again. */
    async collect(
      id = 'batch',
      { limit = 1000, after = '', home = '', isSure = false, drainer = '', leaseMs = 60_000 } = {},
    ): Promise<Batch | null> {
      const reply = await run(
        'collect',
        [keys.q, keys.lease],
        [id, limit, after, home, isSure ? '1' : '0', drainer, leaseMs],
      )
      const [named, parent, nonce, from, last, ...members] = reply as string[]
      if (parent === undefined) return null
      return { home: named!, parent, nonce: nonce!, after: from!, last: last!, members }
    },

    /** For how long another one has the lease, milliseconds; `null`: it is the caller's. */
    async heldFor(drainer: string): Promise<number | null> {
      const reply = (await run(
        'collect',
        [keys.q, keys.lease],
        ['n', 1, '', '', '0', drainer, 100_000],
      )) as string[]
      return reply.length === 1 ? Number(reply[0]) : null
    },
    look: (idleMs: number) =>
      run('look', [keys.q, keys.turns(idleMs)], [idleMs]) as Promise<
        [untilTurn: string, pending: string, cut: string, home: string]
      >,
    close: (limit: number, ...done: string[]) =>
      run('close', [keys.q, keys.closed], [limit, ...done]) as Promise<string[]>,
    reopen: () => run('reopen', [keys.q], []),
    abandon: (nonce: string) => run('abandon', [keys.q], [nonce]),

    settleSlice(batch: Pick<Batch, 'nonce'>, receipt: string, slice: Slice, options: SettleOf = {}) {
      const { posts, sessions, mirrors, range, landed, told } = slice
      const { now = T, latest = 2 * T, began = 2 * T, lasts = 4 * T, ttl = 60_000 } = options
      const { likers = true, id = 'next', limit = 1000, after = '', drainer = '', leaseMs = 60_000 } = options
      return run(
        'settle',
        [
          ...[keys.q, keys.recent, keys.late, keys.rank, keys.lease],
          ...[...posts.keys()].flatMap(post => [keys.meta(post), keys.likes(post), keys.liked(post)]),
          ...sessions.map(keys.ops),
          ...mirrors.map(keys.sessions),
        ],
        [
          ...[batch.nonce, receipt, now, latest, began, lasts, ttl, id, limit, after, range],
          ...[likers ? '1' : '0', drainer, leaseMs, posts.size, ...[...posts].flat()],
          ...[sessions.length, landed.length / 3, ...landed, ...told],
        ],
      ) as Promise<string[]>
    },

    resolve: (receipt: string, nonce: string, limit = 1000) =>
      run('resolve', [keys.q, keys.recent], [receipt, nonce, limit]),
    feed: (limit: number) => run('feed', [keys.q, keys.recent], [limit]),
    adopt: (limit = 1000) => run('adopt', [keys.before, keys.beforeRest, keys.q, keys.recent], [limit]),

    mirror: (likes: [post: string, session: string, op: number, before?: string][], { likers = true } = {}) =>
      run(
        'mirror',
        [
          keys.q,
          keys.recent,
          ...likes.flatMap(([post, session]) => [keys.sessions(session), keys.liked(post)]),
        ],
        [
          likers ? '1' : '0',
          ...likes.flatMap(([post, session, op, before = '']) => [post, session, op, before]),
        ],
      ),

    mirrorLikes: (posts: string[]) =>
      run('mirror-likes', [keys.q, ...posts.flatMap(post => [keys.meta(post), keys.likes(post)])], []),
    scanLikers: (post: string, cursor = '0', count = 1000) =>
      run('likers', [keys.q, keys.liked(post)], [cursor, count]) as Promise<string[]>,
    sizes: (posts: string[]) =>
      run('sizes', [keys.q, ...posts.map(post => keys.liked(post))], []) as Promise<string[]>,
    comparePosts: (receipt: string, posts: [post: string, likes: number][], most = 1000) =>
      run(
        'compare-posts',
        [keys.q, ...posts.flatMap(([post]) => [keys.meta(post), keys.likes(post)])],
        [receipt, most, ...posts.flat()],
      ) as Promise<string[]>,
    comparePairs: (pairs: [post: string, session: string][]) =>
      run(
        'compare-pairs',
        [
          ...[keys.q, keys.recent],
          ...pairs.flatMap(([post, session]) => [
            keys.ops(session),
            keys.sessions(session),
            keys.liked(post),
          ]),
        ],
        pairs.flat(),
      ) as Promise<string[]>,

    async status(sample = 1000) {
      const reply = (await run('status', [keys.q, keys.recent], [sample])) as string[]
      const [cut, epoch, pending, oldest, home] = reply as [string, string, string, string, string]
      return { cut, epoch, pending: Number(pending), oldest: Number(oldest), home }
    },

    rank: (limit = 10) => run('rank', [keys.q, keys.rank], [limit]) as Promise<string[]>,
    prepare: (token: string, { ttl = 10_000 } = {}) =>
      run('prepare', [keys.q, keys.rank, keys.filling], [token, ttl]) as Promise<
        [verdict: string, epoch: string]
      >,
    fill: (
      epoch: string,
      token: string,
      page: number,
      posts: [post: string, likes: number][],
      { last = false, ttl = 10_000 } = {},
    ) =>
      run(
        'fill',
        [keys.q, keys.rank, keys.filling, ...posts.map(([post]) => keys.meta(post))],
        [epoch, token, page, last ? '1' : '0', ttl, ...posts.flat()],
      ),
    release: (token: string) => run('release', [keys.filling], [token]),

    /** Buckets as name, size and time to fill. */
    limit: (...buckets: [name: string, tokens: number, windowMs: number][]) =>
      run(
        'limit',
        buckets.map(([name]) => keys.limit('new', name)),
        buckets.flatMap(([, ...rate]) => rate),
      ) as Promise<string[]>,
  }
}
