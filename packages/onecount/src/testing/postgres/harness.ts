import { randomUUID } from 'node:crypto'
import type { IdType } from '../../core/kind'
import type { Entry, PairOp, PostgresPort, PostgresState, SyncBatch } from '../../core/ports'
import type { Applied } from '../../core/settlement'

/** What Postgres holds of one session and one post. */
export interface PairRow {
  /** Who has pressed. */
  sessionId: string
  /** The op that counts. */
  op: number
}

/** A migrated database with the driver that is tested. The suite empties its tables: give it one of its own. */
export interface PostgresUnderTest {
  /** The driver. */
  port: PostgresPort
  /** Removes every post with all that hangs on it, and every receipt. */
  clear(): Promise<void>
  /** Inserts posts with this many likes and no rows. */
  addPosts(posts: { id: string; likes: number }[]): Promise<void>
  /** Deletes the row of a post. */
  removePost(id: string): Promise<void>
  /** What the row of a post says. */
  post(id: string): Promise<{ likes: number; rev: number }>
  /** Rows of a post, by session. */
  rows(table: 'post_ratings' | 'like_tombstones', postId: string): Promise<PairRow[]>
  /** Closes the connections. */
  close(): Promise<void>
}

/** What the driver can do; a suite about something it cannot do is not registered. */
export interface PostgresCapabilities {
  /** Arguments of the wrong type are refused, as by every PostgreSQL. */
  validates: boolean
  /** The type of the ids of posts, or what makes a new one of a kind with variants. */
  ids: IdType | (() => string)
  /** Sessions are text of any kind. */
  oddSessions: boolean
}

/** Microseconds, near the present. */
export const T = 1_795_000_000_000_000
export const likeAt = (t: number): number => 2 * (T + t) + 1
export const unlikeAt = (t: number): number => 2 * (T + t)

let ids: PostgresCapabilities['ids'] = 'uuid'
/** From now on posts have ids of this type. */
export function useIds(ofPosts: PostgresCapabilities['ids']): void {
  ids = ofPosts
}

/** A new id, of a length that makes the order of texts that of the ids. */
export function newPostId(): string {
  if (typeof ids === 'function') return ids()
  if (ids === 'bigint') return String(10n ** 17n + (BigInt(`0x${randomUUID().slice(0, 8)}`) << 20n))
  return ids === 'text' ? `article:${randomUUID()}` : randomUUID()
}

/** Ids that are text to Postgres and punctuation to whatever carries them. */
export const ODD_SESSIONS = [
  'a"b',
  "a'b",
  'a\\b',
  'a,b',
  '{a}',
  'NULL',
  'null',
  'a b',
  ' a ',
  '%_',
  'a\nb',
  '\\"',
  '$1',
  'ñandú',
  '北极熊',
  '🐻‍❄️',
  '123',
  '1e3',
  "');drop table post_ratings;--",
]

export const entry = (postId: string, sessionId: string, op: number, rev = 0): Entry => ({
  postId,
  sessionId,
  op,
  rev,
})

/** The most that the likes of a post can be: a like of one that has them is refused. */
export const FULL = 2 ** 31 - 1

export interface BatchOptions {
  nonce?: string
  parent?: string
  limit?: number
  owner?: string | null
}

/** The part of Redis in the chain of batches of one partition: it has a cut, and settles what it is told. */
export function chainOf(port: PostgresPort, partition = 0) {
  let receipt = ''
  const batch = (pairs: (PairOp & { rev?: number })[] = [], options: BatchOptions = {}): SyncBatch => ({
    partition,
    parent: receipt,
    nonce: randomUUID(),
    entries: pairs.map(({ postId, sessionId, op, rev = 0 }) => ({ postId, sessionId, op, rev })),
    limit: 1000,
    ...options,
  })
  return {
    /** A batch at the cut of the last one. */
    batch,
    /** One batch, which must be applied; the first one takes over the receipt that Postgres has. */
    async drain(pairs: (PairOp & { rev?: number })[] = [], options: BatchOptions = {}): Promise<Applied> {
      for (let tries = 0; tries < 2; tries++) {
        const result = await port.sync(batch(pairs, options))
        if (result.status === 'foreign' || result.status === 'repartitioned')
          throw new Error(`a batch was ${result.status}`)
        receipt = result.receipt
        if (result.status === 'applied') return result
      }
      throw new Error('a batch at the cut of Postgres was rejected')
    },
  }
}

export type Chain = ReturnType<typeof chainOf>

/** The greatest op of each pair that Redis is told of, by `post|session`. */
export const newest = (rows: PairOp[]): Record<string, number> => {
  const ops: Record<string, number> = {}
  for (const { postId, sessionId, op } of rows) {
    const pair = `${postId}|${sessionId}`
    ops[pair] = Math.max(op, ops[pair] ?? 0)
  }
  return ops
}

/** One press; it must not be refused. */
export async function press(
  port: PostgresPort,
  postId: string,
  sessionId: string,
  op: number,
  now: number,
): Promise<PostgresState> {
  const [result] = await port.write([{ postId, sessionId, op, liked: op % 2 === 1 }], now)
  if (result?.status !== 'applied') throw new Error(`the press was refused: ${result?.status}`)
  return result.state
}

export type PostgresSuite = (database: () => PostgresUnderTest) => void
