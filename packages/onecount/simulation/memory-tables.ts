import type { PairOp, SetAsideOp } from '../src/core/ports'

export interface Post {
  likes: number
  rev: number
  /** Odd ops and even ones, by session. */
  ops: Map<string, number>
}

export interface Tables {
  posts: Map<string, Post>
  /** By `post|session`; the session is empty where Redis must forget the post. */
  unseen: Map<string, PairOp>
  receipts: Map<number, string>
  owners: Map<number, string>
  /** Set aside, by `post|session`. */
  refused: Map<string, SetAsideOp>
}

export const empty = (): Tables => ({
  posts: new Map(),
  unseen: new Map(),
  receipts: new Map(),
  owners: new Map(),
  refused: new Map(),
})

export const copy = ({ posts, unseen, receipts, owners, refused }: Tables): Tables => ({
  posts: new Map([...posts].map(([id, post]) => [id, { ...post, ops: new Map(post.ops) }])),
  unseen: new Map(unseen),
  receipts: new Map(receipts),
  owners: new Map(owners),
  refused: new Map(refused),
})
