import { randomUUID } from 'node:crypto'
import type { Entry, PairOp, PostgresPort, PostgresState, SyncResult } from '../../core/ports'

export interface PairRow {
  sessionId: string
  op: number
}

/** A migrated database with the driver that is tested. The suite empties its tables: give it one of its own. */
export interface PostgresUnderTest {
  port: PostgresPort
  /** Removes every post with all that hangs on it, and every receipt. */
  clear(): Promise<void>
  addPosts(posts: { id: string; likes: number }[]): Promise<void>
  removePost(id: string): Promise<void>
  post(id: string): Promise<{ likes: number; rev: number }>
  /** Rows of a post, by session. */
  rows(table: 'post_ratings' | 'like_tombstones' | 'like_unseen', postId: string): Promise<PairRow[]>
  close(): Promise<void>
}

/** What the driver can do; a suite about something it cannot do is not registered. */
export interface PostgresCapabilities {
  /** Arguments of the wrong type are refused, as by every PostgreSQL. */
  validates: boolean
}

/** Microseconds, near the present. */
export const T = 1_795_000_000_000_000
export const likeAt = (t: number): number => 2 * (T + t) + 1
export const unlikeAt = (t: number): number => 2 * (T + t)

export const newPostId = (): string => randomUUID()

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

/** One partition's chain of batches. */
export function chainOf(port: PostgresPort, partition = 0) {
  let parent: string | undefined
  const receipt = async () => {
    const refused = await send([], { parent: 'never a receipt' })
    if (refused.status !== 'rejected') throw new Error(`a strange parent was ${refused.status}`)
    return refused.receipt
  }
  const send = (entries: Entry[], options: BatchOf): Promise<SyncResult> =>
    port.sync({
      partition,
      parent: options.parent!,
      nonce: options.nonce ?? randomUUID(),
      entries,
      seen: options.seen ?? [],
      limit: options.limit ?? 1000,
    })

  return {
    receipt,
    send,
    /** The next batch of the chain; it must be applied. */
    async sync(entries: Entry[], options: Omit<BatchOf, 'parent'> = {}) {
      parent ??= await receipt()
      const nonce = options.nonce ?? randomUUID()
      const result = await send(entries, { ...options, parent, nonce })
      if (result.status !== 'applied') throw new Error(`the batch was ${result.status}`)
      parent = nonce
      return result
    },
  }
}

interface BatchOf {
  parent?: string
  nonce?: string
  seen?: PairOp[]
  limit?: number
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
