import { createHash } from 'node:crypto'
import { createKeys } from '../../core/keys'
import type { RedisPort } from '../../core/ports'
import { type ScriptCall, scriptCalls } from '../../core/script-calls'
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

/** The scripts with arguments by default, and their replies as they are. `tag` is the hash tag of the keys. */
export function scriptsOf({ run }: Pick<RedisPort, 'run'>, tag = '') {
  const keys = createKeys(tag)
  const calls = scriptCalls(keys)
  const list = (call: ScriptCall) => run(...call) as Promise<string[]>
  const text = (call: ScriptCall) => run(...call) as Promise<string>
  let presses = 0
  const installSessions = (
    receipt: string,
    sessions: [session: string, extent: 'all' | 'some', ops: [post: string, op: number][]][],
    { ttl = 60_000, most = 1000 } = {},
  ) =>
    list(
      calls.installSessions(
        receipt,
        sessions.map(([sessionId, extent, ops]) => ({ sessionId, extent, ops: new Map(ops) })),
        { ttlMs: ttl, most },
      ),
    )

  return {
    keys,

    /** Not judged when `ahead` is left out: an op that was accepted before. */
    write: (
      postId: string,
      sessionId: string,
      op: number,
      { now = T, accept = 'warm', likers = true, ahead = '' }: PressOf & { ahead?: number | '' } = {},
    ) => list(calls.write({ postId, sessionId, op }, { now, accept, likers, ahead })),

    /** Each a call of its own, but where one is named. */
    press(
      postId: string,
      sessionId: string,
      wanted: '1' | '0' | 'flip',
      options: PressOf & { call?: string; keep?: number } = {},
    ) {
      const { now = T, accept = 'warm', likers = true, keep: keepMs = 30_000 } = options
      const { call = `call-${++presses}` } = options
      const of = { call, now, accept, likers, keepMs, ahead: AHEAD }
      return list(
        calls.press({ postId, sessionId }, { ...of, wanted: wanted === 'flip' ? wanted : wanted === '1' }),
      )
    },

    /** Without a session where it is `null`. */
    read: (posts: string[], session: string | null = null) => text(calls.read(posts, session)),

    installPosts: (
      receipt: string,
      posts: [post: string, likes: number, rev?: number][],
      { now = T, most = 1000, ttl = 60_000 } = {},
    ) =>
      list(
        calls.installPosts(
          receipt,
          posts.map(([postId, likes, rev = 0]) => ({ postId, likes, rev })),
          { now, pendingMost: most, ttlMs: ttl },
        ),
      ),

    installSession: (
      session: string,
      receipt: string,
      ops: [post: string, op: number][],
      {
        extent = 'all',
        ttl = 60_000,
        most = 1000,
      }: { extent?: 'all' | 'some'; ttl?: number; most?: number } = {},
    ): Promise<string> =>
      installSessions(receipt, [[session, extent, ops]], { ttl, most }).then(([verdict]) => verdict!),

    installSessions,

    pendingOps: (session: string, cursor = '0', count = 1000) =>
      list(calls.pendingOps(session, cursor, count)),

    cool: (post: string, ...sessions: string[]) => run(...calls.cool(post, sessions)),
    forget: (post: string) => run(...calls.forget(post)),

    /** `null`: nothing is handed out until what a store had lost is pending again. */
    async collect(
      id = 'batch',
      { limit = 1000, after = '', home = '', isSure = false, drainer = '', leaseMs = 60_000 } = {},
    ): Promise<Batch | null> {
      const reply = await list(calls.collect({ id, limit, after, home, isSure, drainer, leaseMs }))
      const [named, parent, nonce, from, last, ...members] = reply
      if (parent === undefined) return null
      return { home: named!, parent, nonce: nonce!, after: from!, last: last!, members }
    },

    /** For how long another one has the lease, milliseconds; `null`: it is the caller's. */
    async heldFor(drainer: string): Promise<number | null> {
      const of = { id: 'n', limit: 1, after: '', home: '', isSure: false, drainer, leaseMs: 100_000 }
      const reply = await list(calls.collect(of))
      return reply.length === 1 ? Number(reply[0]) : null
    },
    look: (idleMs: number, others?: string[]) =>
      run(...calls.look(idleMs, others)) as Promise<
        [untilTurn: string, pending: string, cut: string, home: string, ...others: string[]]
      >,
    close: (limit: number, ...done: string[]) => list(calls.close(limit, done)),
    reopen: () => run(...calls.reopen()),
    abandon: (nonce: string, ...foreign: string[]) => run(...calls.abandon(nonce, foreign)),

    settleSlice(batch: Pick<Batch, 'nonce'>, receipt: string, slice: Slice, options: SettleOf = {}) {
      const { now = T, latest = 2 * T, began = 2 * T, lasts = 4 * T, ttl: sessionMs = 60_000 } = options
      const { likers = true, id: nextId = 'next', limit = 1000, after = '' } = options
      const { drainer = '', leaseMs = 60_000 } = options
      const clocks = { now, latest, began, lasts, sessionMs }
      const next = { nextId, limit, after, likers, drainer, leaseMs }
      return list(calls.settle(slice, { nonce: batch.nonce, receipt, ...clocks, ...next }))
    },

    resolve: (receipt: string, nonce: string, limit = 1000) => run(...calls.resolve(receipt, nonce, limit)),
    feed: (limit: number) => run(...calls.feed(limit)),
    adopt: (limit = 1000) => run(...calls.adopt(limit)),

    mirror: (likes: [post: string, session: string, op: number, before?: string][], { likers = true } = {}) =>
      run(
        ...calls.mirror(
          likes.map(([postId, sessionId, op, before]) => ({ postId, sessionId, op, before })),
          likers,
        ),
      ),

    mirrorLikes: (posts: string[]) => run(...calls.mirrorLikes(posts)),
    scanLikers: (post: string, cursor = '0', count = 1000) => list(calls.likers(post, cursor, count)),
    sizes: (posts: string[]) => list(calls.sizes(posts)),
    comparePosts: (receipt: string, posts: [post: string, likes: number][], most = 1000) =>
      list(
        calls.comparePosts(
          receipt,
          posts.map(([postId, likes]) => ({ postId, likes })),
          most,
        ),
      ),
    comparePairs: (pairs: [post: string, session: string][]) =>
      list(calls.comparePairs(pairs.map(([postId, sessionId]) => ({ postId, sessionId })))),

    async status(sample = 1000) {
      const reply = await list(calls.status(sample))
      const [cut, epoch, pending, oldest, home] = reply as [string, string, string, string, string]
      return { cut, epoch, pending: Number(pending), oldest: Number(oldest), home }
    },

    rank: (limit = 10) => list(calls.rank(limit)),
    prepare: (token: string, { ttl = 10_000 } = {}) =>
      run(...calls.prepare(token, ttl)) as Promise<[verdict: string, epoch: string]>,
    fill: (
      epoch: string,
      token: string,
      page: number,
      posts: [post: string, likes: number][],
      { last: isLast = false, ttl: pageMs = 10_000 } = {},
    ) =>
      run(
        ...calls.fill(
          posts.map(([postId, likes]) => ({ postId, likes })),
          { epoch, token, page, isLast, pageMs },
        ),
      ),
    release: (token: string) => run(...calls.release(token)),

    /** Buckets as name, size and time to fill. */
    limit: (...buckets: [name: string, tokens: number, windowMs: number][]) =>
      list(calls.limit(buckets.map(([key, tokens, windowMs]) => ({ kind: 'new', key, tokens, windowMs })))),
  }
}
