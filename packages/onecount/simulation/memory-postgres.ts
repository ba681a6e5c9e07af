import { StoreRefused } from '../src/core/errors'
import { DEFAULT_KIND, type Kind } from '../src/core/kind'
import { idsOf } from '../src/core/kind-ids'
import { isLikedOp, MAX_OP_AHEAD, opTime } from '../src/core/op'
import type {
  Entry,
  PairOp,
  PairWrite,
  PostgresPort,
  PostgresState,
  SetAsideOp,
  Snapshot,
  SnapshotQuery,
  Snapshots,
  SnapshotsQuery,
  SyncBatch,
  SyncResult,
  WriteResult,
} from '../src/core/ports'
import { inOrder, listsOf, opsOf, pairOrder } from './memory-lists'
import { copy, empty, type LogRow, type Tables } from './memory-tables'

/** What Postgres holds, to go back to later. */
export type PostgresBackup = Tables

const REFUSAL = { sqlstate: '23514', message: 'a rule of the application forbids it' }

const pairOf = ({ postId, sessionId }: Omit<PairOp, 'op'>) => `${postId}|${sessionId}`
const nonceOf = (receipt: string) => receipt.split('/')[0]
const likes = (op: number): number => Number(isLikedOp(op))

/** The SQL functions as plain JavaScript, for a simulation that calls them millions of times. */
export function createMemoryPostgres(options: {
  newId: () => string
  partitions?: number
  /** The kind; its counts and rows are in `tables`, under whatever names its tables have. */
  kind?: Kind
  /** Whether a Redis has drained before. */
  hasRedis?: boolean
}) {
  const { newId, hasRedis = false, kind = DEFAULT_KIND } = options
  const { partitionOf, postOrder, removedWith } = idsOf(kind)
  // Texts have the order of their bytes, as in a database of the locale C.
  const byPost = postOrder ?? inOrder
  const byPair = pairOrder(byPost)
  let { partitions = 1 } = options
  let tables = { ...empty(), hasRedis }
  /** A rule of the application: ops that it forbids are refused, where they would change anything. */
  let forbids: (entry: PairOp) => boolean = () => false

  /** Nonce of a batch that is refused as a whole, whenever it comes. */
  let poisoned = ''

  const knownOf = ({ postId, sessionId }: Omit<PairOp, 'op'>) =>
    tables.posts.get(postId)?.ops.get(sessionId) ?? 0
  const isNew = (entry: PairOp) => tables.posts.has(entry.postId) && entry.op > knownOf(entry)
  const isRefused = (entry: PairOp) => isNew(entry) && forbids(entry)

  function note(row: Omit<LogRow, 'partition'>): void {
    if (!tables.hasRedis) return
    tables.log.push({ ...row, partition: partitionOf(row.postId, partitions) })
  }

  /** Ops that win over older ones, each of a pair of its own. A post gets one revision for all. */
  function apply(entries: Entry[]): void {
    const revs = new Map<string, number>()
    for (const { postId, sessionId, op, rev } of entries) {
      const post = tables.posts.get(postId)!
      post.likes += likes(op) - likes(post.ops.get(sessionId) ?? 0)
      post.ops.set(sessionId, op)
      revs.set(postId, Math.max(revs.get(postId) ?? 0, rev))
    }
    for (const [postId, rev] of revs) {
      const post = tables.posts.get(postId)!
      post.rev = Math.max(post.rev + 1, rev)
    }
  }

  function setAside(ops: PairOp[]): void {
    for (const { postId, sessionId, op } of ops) {
      const key = pairOf({ postId, sessionId })
      if ((tables.refused.get(key)?.op ?? 0) <= op)
        tables.refused.set(key, { postId, sessionId, op, ...REFUSAL, refusedAt: new Date(0).toISOString() })
    }
  }

  /** Likes without what Redis has not been told. */
  const seenLikes = (postId: string): number =>
    tables.log
      .filter(row => row.postId === postId && row.sessionId !== '' && row.nonce === null)
      .reduce((sum, { op, prev }) => sum - likes(op) + likes(prev), tables.posts.get(postId)!.likes)

  const seenOp = (pair: Omit<PairOp, 'op'>): number =>
    tables.log.find(row => pairOf(row) === pairOf(pair) && row.nonce === null)?.prev ?? knownOf(pair)

  function write(writes: PairWrite[], now: number, ahead = Number.POSITIVE_INFINITY): WriteResult[] {
    const judged = writes.map(given => judge(given, now, ahead))
    const newer = judged.filter(entry => typeof entry === 'object').filter(isNew)
    for (const entry of newer) {
      const { postId, sessionId } = entry
      const known = knownOf(entry)
      note({ postId, sessionId, op: entry.op, prev: known, nonce: null })
    }
    apply(newer)
    return judged.map((entry): WriteResult => {
      if (entry === 'refused') return { status: entry, ...REFUSAL }
      if (typeof entry === 'string') return { status: entry }
      return { status: 'applied', state: peek([entry.postId], entry.sessionId)[0]! }
    })
  }

  function judge(given: PairWrite, now: number, ahead: number): Entry | 'gone' | 'ahead' | 'refused' {
    const { postId, sessionId } = given
    const post = tables.posts.get(postId)
    if (!post) return 'gone'
    const known = knownOf(given)
    const newest = Math.max(now, opTime(known), post.rev)
    if (given.op !== null && opTime(given.op) > newest + ahead) return 'ahead'
    const next = Math.max(
      now,
      opTime(known) + 1,
      now + MAX_OP_AHEAD < post.rev ? post.rev + MAX_OP_AHEAD + 1 : 0,
    )
    const entry = { postId, sessionId, op: given.op ?? 2 * next + Number(given.liked), rev: now }
    return isRefused(entry) ? 'refused' : entry
  }

  function sync({
    partition,
    partitions: believed,
    parent,
    nonce,
    entries,
    limit,
    owner = null,
  }: SyncBatch): SyncResult {
    if (!tables.hasRedis) {
      Object.assign(tables, { hasRedis: true, log: [], receipts: new Map() })
    }
    if (believed !== undefined && believed !== partitions) return { status: 'repartitioned', partitions }
    const receipt = tables.receipts.get(partition) ?? newId()
    tables.receipts.set(partition, receipt)
    const held = tables.owners.get(partition) ?? null
    if (held !== null && owner !== null && held !== owner) return { status: 'foreign', owner: held }
    if (held === null && owner !== null) tables.owners.set(partition, owner)
    if (nonceOf(receipt) !== nonce) {
      if (receipt !== parent) return { status: 'rejected', receipt }
      if (nonce === poisoned) throw new StoreRefused('22003', 'an op of the batch is out of range')
      const inPartition = (row: LogRow) => row.partition === partition
      // Redis has settled the batch that they came with.
      tables.log = tables.log.filter(row => !inPartition(row) || row.nonce === null)
      const there = entries.filter(({ postId }) => tables.posts.has(postId))
      land(there)
      for (const entry of there) tellPair(entry, nonce)
      for (const row of tables.log.filter(row => inPartition(row) && row.nonce === null).slice(0, limit))
        row.nonce = nonce
      tables.receipts.set(partition, `${nonce}/${newId()}`)
      tables.answers.set(partition, answer(partition, nonce, entries))
    }
    return tables.answers.get(partition)!
  }

  function land(entries: Entry[]): void {
    const refused = entries.filter(isRefused)
    const newer = entries.filter(entry => isNew(entry) && !refused.includes(entry))
    apply(newer)
    for (const { op, ...pair } of newer) {
      const key = pairOf(pair)
      if ((tables.refused.get(key)?.op ?? op) < op) tables.refused.delete(key)
    }
    setAside(refused)
  }

  /** What Redis has not seen of the pair goes with its entry. */
  function tellPair(entry: Entry, nonce: string): void {
    const { postId, sessionId, op } = entry
    const key = pairOf(entry)
    for (const row of tables.log) if (pairOf(row) === key) row.nonce = nonce
    const known = knownOf(entry)
    if (op < known && !tables.log.some(row => pairOf(row) === key && row.op === known))
      note({ postId, sessionId, op: known, prev: known, nonce })
  }

  /** As of the cut: ops that Postgres has accepted without Redis are left out until a batch tells them. */
  function answer(partition: number, nonce: string, entries: Entry[]): SyncResult {
    const rows = tables.log
      .filter(row => row.nonce === nonce)
      .map(({ postId, sessionId, op }) => ({
        postId,
        sessionId,
        op: sessionId === '' ? op : seenOp({ postId, sessionId }),
      }))
    const told = new Set([...entries, ...rows].map(({ postId }) => postId))
    return {
      status: 'applied',
      receipt: tables.receipts.get(partition)!,
      rows,
      posts: [...told]
        .filter(id => tables.posts.has(id))
        .map(postId => ({ postId, likes: seenLikes(postId) })),
      refused: entries
        .filter(entry => tables.posts.has(entry.postId) && entry.op > seenOp(entry))
        .map(({ postId, sessionId, op }) => ({
          postId,
          sessionId,
          op,
          ...REFUSAL,
          known: seenOp({ postId, sessionId }),
        })),
    }
  }

  function snapshot({ partition, postIds, sessionId, pairs, most }: SnapshotQuery): Snapshot {
    const sessions = sessionId === null ? [] : [{ sessionId, pairs }]
    const told = snapshots({ partition, postIds, sessions, most })
    const [session] = told.sessions.map(({ extent, ops }) => ({ extent, ops }))
    return { receipt: told.receipt, posts: told.posts, session: session ?? null }
  }

  function snapshots({ partition, postIds, sessions, most }: SnapshotsQuery): Snapshots {
    // Before the first batch there is no cut that this could be of.
    const receipt = tables.receipts.get(partition) ?? ''
    const posts = [...new Set(postIds)].flatMap(postId => {
      const post = tables.posts.get(postId)
      return post ? [{ postId, likes: seenLikes(postId), rev: post.rev }] : []
    })
    return { receipt, posts, sessions: sessions.map(of => sessionOf(partition, of, most)) }
  }

  function sessionOf(
    partition: number,
    { sessionId, pairs }: SnapshotsQuery['sessions'][number],
    most: number,
  ): Snapshots['sessions'][number] {
    const known = [...tables.posts.keys()]
      .filter(postId => partitionOf(postId, partitions) === partition)
      .map(postId => ({ postId, op: seenOp({ postId, sessionId }) }))
      .filter(({ op }) => op > 0)
    const isShort = known.length <= most
    const ops = isShort ? known : known.filter(({ postId }) => pairs.includes(postId))
    // What it did to a post that was removed is not known any more, and was there at the cut.
    const isForgotten = tables.log.some(
      row => row.partition === partition && row.sessionId === '' && row.nonce === null,
    )
    return { sessionId, extent: isShort && !isForgotten ? 'all' : 'some', ops }
  }

  function peek(postIds: string[], sessionId: string | null): PostgresState[] {
    return [...new Set(postIds)].flatMap(postId => {
      const post = tables.posts.get(postId)
      if (!post) return []
      const op = (sessionId !== null && post.ops.get(sessionId)) || 0
      return [{ postId, count: post.likes, rev: post.rev, liked: isLikedOp(op), op }]
    })
  }

  /** Of a kind with variants the target goes, with all of them; `order` as Postgres came upon them. */
  const removePost = (postId: string, order = removedWith(postId)): boolean =>
    order.map(removeOne).includes(true)

  function removeOne(postId: string): boolean {
    if (!tables.posts.delete(postId)) return false
    tables.log = tables.log.filter(row => row.postId !== postId)
    for (const [key, op] of tables.refused) if (op.postId === postId) tables.refused.delete(key)
    note({ postId, sessionId: '', op: 1, prev: 0, nonce: null })
    return true
  }

  const stillRefused = () => [...tables.refused.values()].filter(isNew).sort(byPair)

  function resolveRefused(ops: PairOp[], isDropped: boolean) {
    const resolved = ops.filter(op => tables.refused.get(pairOf(op))?.op === op.op)
    for (const op of resolved) tables.refused.delete(pairOf(op))
    const tried = isDropped ? [] : resolved.filter(isNew)
    const refused = tried.filter(isRefused)
    const landed = tried.filter(op => !refused.includes(op)).map(op => ({ ...op, rev: 0 }))
    for (const { postId, sessionId, op } of landed)
      note({ postId, sessionId, op, prev: knownOf({ postId, sessionId }), nonce: null })
    apply(landed)
    setAside(refused)
    return { landed: tried.length - refused.length, refused: refused.length }
  }

  const port: PostgresPort = {
    kind,
    sync: async batch => sync(batch),
    write: async (writes, now, options) => write(writes, now, options?.ahead),
    peek: async (postIds, sessionId) => peek(postIds, sessionId),
    snapshot: async query => snapshot(query),
    snapshots: async query => snapshots(query),
    ...listsOf(() => tables, byPost),
    removePost: async postId => removePost(postId),
    status: async partition => ({
      receipt: tables.receipts.get(partition) ?? null,
      owner: tables.owners.get(partition) ?? null,
      partitions,
      unseen: Math.min(
        tables.log.filter(row => row.partition === partition && row.nonce === null).length,
        10_000,
      ),
      refused: Math.min(stillRefused().length, 1000),
    }),
    async setPartitions(n) {
      if (n === partitions) return
      partitions = n
      for (const row of tables.log) row.partition = partitionOf(row.postId, n)
      tables.receipts.clear()
    },
    // No time passes that would count.
    prune: async () => false,
    async takeOver(partition, owner, from) {
      if (tables.receipts.has(partition) && (tables.owners.get(partition) ?? null) === from)
        tables.owners.set(partition, owner)
      return tables.owners.get(partition) ?? null
    },
    refused: async ({ postId, sessionId }, after, limit) =>
      stillRefused()
        .filter(op => (!postId || op.postId === postId) && (!sessionId || op.sessionId === sessionId))
        .filter(op => !after || byPair(op, after) > 0)
        .slice(0, limit),
    retryRefused: async ops => resolveRefused(ops, false),
    async dropRefused(ops) {
      resolveRefused(ops, true)
    },
  }

  return {
    port,
    backup: (): PostgresBackup => copy(tables),
    restore(backup: PostgresBackup): void {
      tables = copy(backup)
      poisoned = ''
    },
    clear(): void {
      tables = empty()
    },
    addPosts(posts: { id: string; likes: number }[]): void {
      for (const { id, likes } of posts) tables.posts.set(id, { likes, base: likes, rev: 0, ops: new Map() })
    },
    removePost,
    /** By hand: Redis forgets the post, and hydrates it anew. */
    setLikes(postId: string, likes: number): void {
      const post = tables.posts.get(postId)!
      post.base += likes - post.likes
      post.likes = likes
      post.rev++
      note({ postId, sessionId: '', op: 0, prev: 0, nonce: null })
    },
    /** From now on Postgres refuses the batch, unless it has applied it before. */
    poison(nonce: string): void {
      poisoned = nonce
    },
    /** From now on ops are refused that the rule forbids. */
    forbid(rule: (op: PairOp) => boolean): void {
      forbids = rule
    },
    /** Ops that are set aside, by `post|session`. */
    refused: (): Map<string, SetAsideOp> => new Map(stillRefused().map(op => [pairOf(op), op])),
    post(id: string): { likes: number; rev: number } | null {
      const post = tables.posts.get(id)
      return post ? { likes: post.likes, rev: post.rev } : null
    },
    /** The greatest op of every pair, by `post|session`. */
    ops: (): Map<string, number> => new Map(opsOf(tables).map(op => [pairOf(op), op.op])),
    /** Sorted by session. */
    rows(table: 'post_ratings' | 'like_tombstones', postId: string): { sessionId: string; op: number }[] {
      return [...(tables.posts.get(postId)?.ops ?? [])]
        .map(([sessionId, op]) => ({ sessionId, op }))
        .filter(({ op }) => isLikedOp(op) === (table === 'post_ratings'))
        .sort((a, b) => inOrder(a.sessionId, b.sessionId))
    },
    base: (id: string): number => tables.posts.get(id)?.base ?? 0,
    /** Redis has not been told that it must forget the post. */
    isToBeForgotten: (id: string): boolean =>
      tables.log.some(row => row.postId === id && row.sessionId === '' && row.nonce === null),
    receipt: (partition = 0): string | null => tables.receipts.get(partition) ?? null,
    /** As Redis knows them at the cut. */
    seenLikes,
    seenOp,
  }
}
