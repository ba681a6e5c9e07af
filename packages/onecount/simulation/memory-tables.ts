import type { PairOp, SetAsideOp, SyncResult } from '../src/core/ports'

export interface Post {
  likes: number
  /** Those of them that no session stands for. */
  base: number
  rev: number
  /** Odd ops and even ones, by session. */
  ops: Map<string, number>
}

/** An op that Postgres took without Redis. */
export interface LogRow extends PairOp {
  partition: number
  /** The op of the pair before. */
  prev: number
  /** The batch with which Redis was told; null: it was not. */
  nonce: string | null
}

export interface Tables {
  posts: Map<string, Post>
  /** In their order; the session is empty where Redis must forget the post, the op odd where it was removed. */
  log: LogRow[]
  /** Whether a Redis drains: ops that Postgres accepts without it are logged. */
  hasRedis: boolean
  receipts: Map<number, string>
  /** To the last batch of each partition. */
  answers: Map<number, SyncResult>
  owners: Map<number, string>
  /** Set aside, by `post|session`. */
  refused: Map<string, SetAsideOp>
}

export const empty = (): Tables => ({
  posts: new Map(),
  log: [],
  hasRedis: false,
  receipts: new Map(),
  answers: new Map(),
  owners: new Map(),
  refused: new Map(),
})

export const copy = ({ posts, log, hasRedis, receipts, answers, owners, refused }: Tables): Tables => ({
  posts: new Map([...posts].map(([id, post]) => [id, { ...post, ops: new Map(post.ops) }])),
  log: log.map(row => ({ ...row })),
  hasRedis,
  receipts: new Map(receipts),
  answers: new Map(answers),
  owners: new Map(owners),
  refused: new Map(refused),
})
