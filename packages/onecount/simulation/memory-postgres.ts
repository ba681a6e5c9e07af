import { isLikedOp, MAX_OP_AHEAD, opTime } from '../src/core/op'
import type {
  Entry,
  PairOp,
  PairWrite,
  PostgresPort,
  PostgresState,
  SetAsideOp,
  SyncBatch,
  SyncResult,
  WriteResult,
} from '../src/core/ports'
import { copy, empty, type Post, type Tables } from './memory-tables'

/** What Postgres holds, to go back to later. */
export type PostgresBackup = Tables

const REFUSAL = { sqlstate: '23514', message: 'a rule of the application forbids it' }

const pairOf = ({ postId, sessionId }: Omit<PairOp, 'op'>) => `${postId}|${sessionId}`
/** Bytes, not letters: as Postgres orders UUIDs and, with the C collation, text. */
const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * The SQL functions as plain JavaScript, for a simulation that calls them millions of times. It passes the contract
 * suite of the Postgres drivers, and answers as the SQL does when both are given the same calls.
 */
export function createMemoryPostgres({ newId }: { newId: () => string }) {
  let tables = empty()
  /** A rule of the application: ops that it forbids are refused, where they would change anything. */
  let forbids: (entry: PairOp) => boolean = () => false
  let handEdits = 0

  const put = ({ postId, sessionId, op }: PairOp) =>
    tables.unseen.set(`${postId}|${sessionId}`, { postId, sessionId, op })

  const knownOf = ({ postId, sessionId }: PairOp) => tables.posts.get(postId)?.ops.get(sessionId) ?? 0
  const isNew = (entry: PairOp) => tables.posts.has(entry.postId) && entry.op > knownOf(entry)
  const isRefused = (entry: PairOp) => isNew(entry) && forbids(entry)

  /** Sets ops aside; of a pair the greatest. */
  function setAside(ops: PairOp[]) {
    for (const { postId, sessionId, op } of ops) {
      const key = pairOf({ postId, sessionId })
      if ((tables.refused.get(key)?.op ?? 0) <= op)
        tables.refused.set(key, { postId, sessionId, op, ...REFUSAL, refusedAt: new Date(0).toISOString() })
    }
  }

  /** Merges ops: the greater one wins. Answers the posts that are not there. */
  function apply(entries: Entry[], markApplied: boolean): string[] {
    const gone = new Set<string>()
    const revs = new Map<Post, number>()
    for (const { postId, sessionId, op, rev } of greatestOf(entries)) {
      const post = tables.posts.get(postId)
      if (!post) {
        gone.add(postId)
        continue
      }
      const known = post.ops.get(sessionId) ?? 0
      if (op < known) put({ postId, sessionId, op: known })
      if (op <= known) continue
      post.ops.set(sessionId, op)
      post.likes += Number(isLikedOp(op)) - Number(isLikedOp(known))
      revs.set(post, Math.max(revs.get(post) ?? 0, rev))
      if (markApplied) put({ postId, sessionId, op })
    }
    for (const [post, rev] of revs) post.rev = Math.max(post.rev + 1, rev)
    return [...gone]
  }

  function write(writes: PairWrite[], now: number, ahead = Number.POSITIVE_INFINITY): WriteResult[] {
    const judged = writes.map(given => {
      const post = tables.posts.get(given.postId)
      if (!post) return 'gone'
      const known = post.ops.get(given.sessionId) ?? 0
      const newest = Math.max(now, opTime(known), post.rev)
      if (given.op !== null && opTime(given.op) > newest + ahead) return 'ahead'
      const next = Math.max(
        now,
        opTime(known) + 1,
        now + MAX_OP_AHEAD < post.rev ? post.rev + MAX_OP_AHEAD + 1 : 0,
      )
      const entry = { ...given, op: given.op ?? 2 * next + Number(given.liked), rev: now }
      return isRefused(entry) ? 'refused' : entry
    })
    apply(
      judged.filter(entry => typeof entry === 'object'),
      true,
    )
    return judged.map((entry): WriteResult => {
      if (entry === 'refused') return { status: entry, ...REFUSAL }
      if (typeof entry === 'string') return { status: entry }
      return { status: 'applied', state: peek([entry.postId], entry.sessionId, [])[0]! }
    })
  }

  function sync({ partition, parent, nonce, entries, seen, limit, owner }: SyncBatch): SyncResult {
    const known = tables.owners.get(partition)
    if (known && owner && known !== owner) return { status: 'foreign', owner: known }
    if (owner) tables.owners.set(partition, owner)
    const receipt = tables.receipts.get(partition) ?? newId()
    tables.receipts.set(partition, receipt)
    if (receipt !== parent) return { status: 'rejected', receipt }
    tables.receipts.set(partition, nonce)
    const refused = entries.filter(isRefused)
    const gone = apply(
      entries.filter(entry => !refused.includes(entry)),
      false,
    )
    for (const { postId, sessionId, op } of entries) {
      const key = `${postId}|${sessionId}`
      if ((tables.refused.get(key)?.op ?? op) < op) tables.refused.delete(key)
    }
    setAside(refused)
    for (const { postId, sessionId, op } of seen) {
      const key = `${postId}|${sessionId}`
      if (tables.unseen.get(key)?.op === op) tables.unseen.delete(key)
    }
    const unseen = [...tables.unseen]
      .sort(([a], [b]) => inOrder(a, b))
      .slice(0, limit)
      .map(([, row]) => ({ ...row }))
    const told = refused.map(({ postId, sessionId, op }) => ({ postId, sessionId, op, ...REFUSAL }))
    return { status: 'applied', gone, refused: told, unseen }
  }

  function peek(postIds: string[], sessionId: string | null, pending: PairOp[]): PostgresState[] {
    return [...new Set(postIds)].flatMap(postId => {
      const post = tables.posts.get(postId)
      if (!post) return []
      const ops = new Map(post.ops)
      let count = post.likes
      for (const entry of greatestOf(pending.map(pair => ({ ...pair, rev: 0 })))) {
        const known = ops.get(entry.sessionId) ?? 0
        if (entry.postId !== postId || entry.op <= known) continue
        count += Number(isLikedOp(entry.op)) - Number(isLikedOp(known))
        ops.set(entry.sessionId, entry.op)
      }
      const op = (sessionId !== null && ops.get(sessionId)) || 0
      return [{ postId, count, rev: post.rev, liked: isLikedOp(op), op }]
    })
  }

  const ratingsOf = (post: Post) =>
    [...post.ops].filter(([, op]) => isLikedOp(op)).map(([sessionId, op]) => ({ sessionId, op }))

  const unseenOf = (postId: string) =>
    [...tables.unseen.values()]
      .filter(row => row.postId === postId)
      .map(({ sessionId, op }) => ({ sessionId, op }))

  function removePost(postId: string): boolean {
    if (!tables.posts.delete(postId)) return false
    for (const [key, row] of tables.unseen) if (row.postId === postId) tables.unseen.delete(key)
    put({ postId, sessionId: '', op: ++handEdits * 2 })
    return true
  }

  const stillRefused = () =>
    [...tables.refused.values()].filter(isNew).sort((a, b) => inOrder(pairOf(a), pairOf(b)))

  function resolveRefused(ops: PairOp[], isDropped: boolean) {
    const resolved = ops.filter(op => tables.refused.get(pairOf(op))?.op === op.op)
    for (const op of resolved) tables.refused.delete(pairOf(op))
    const tried = isDropped ? [] : resolved.filter(isNew)
    const refused = tried.filter(isRefused)
    apply(
      tried.filter(op => !refused.includes(op)).map(op => ({ ...op, rev: 0 })),
      true,
    )
    setAside(refused)
    return { landed: tried.length - refused.length, refused: refused.length }
  }

  const idsAfter = (after: string | null) =>
    [...tables.posts.keys()].sort(inOrder).filter(id => after === null || id > after)

  const port: PostgresPort = {
    sync: async batch => sync(batch),
    write: async (writes, now, options) => write(writes, now, options?.ahead),
    peek: async (postIds, sessionId, pending) => peek(postIds, sessionId, pending),
    snapshot: async postIds =>
      [...new Set(postIds)].flatMap(postId => {
        const post = tables.posts.get(postId)
        if (!post) return []
        const unseen = unseenOf(postId).filter(({ sessionId }) => sessionId !== '')
        const receipt = tables.receipts.get(0) ?? ''
        return [{ postId, likes: post.likes, rev: post.rev, ratings: ratingsOf(post), unseen, receipt }]
      }),
    posts: async (after, limit) =>
      idsAfter(after)
        .slice(0, limit)
        .map(postId => {
          const post = tables.posts.get(postId)!
          return { postId, likes: post.likes, rev: post.rev, ratings: ratingsOf(post).length }
        }),
    session: async (sessionId, after, limit) =>
      idsAfter(after)
        .flatMap(postId => {
          const op = tables.posts.get(postId)!.ops.get(sessionId) ?? 0
          return isLikedOp(op) ? [{ postId, op }] : []
        })
        .slice(0, limit),
    removePost: async postId => removePost(postId),
    likes: async (after, limit) =>
      idsAfter(after)
        .slice(0, limit)
        .map(postId => ({ postId, likes: tables.posts.get(postId)!.likes })),
    ranking: async limit =>
      [...tables.posts]
        .map(([postId, { likes }]) => ({ postId, likes }))
        .sort((a, b) => b.likes - a.likes || inOrder(b.postId, a.postId))
        .slice(0, limit),
    status: async partition => ({
      receipt: tables.receipts.get(partition) ?? null,
      owner: tables.owners.get(partition) ?? null,
      unseen: Math.min(tables.unseen.size, 10_000),
      refused: Math.min(stillRefused().length, 1000),
    }),
    async takeOver(partition, owner, from) {
      if ((tables.owners.get(partition) ?? null) === from) tables.owners.set(partition, owner)
      return tables.owners.get(partition) ?? null
    },
    refused: async ({ postId, sessionId }, after, limit) =>
      stillRefused()
        .filter(op => (!postId || op.postId === postId) && (!sessionId || op.sessionId === sessionId))
        .filter(op => !after || pairOf(op) > pairOf(after))
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
    },
    addPosts(posts: { id: string; likes: number }[]): void {
      for (const { id, likes } of posts) tables.posts.set(id, { likes, rev: 0, ops: new Map() })
    },
    removePost,
    /** From now on ops are refused that the rule forbids. */
    forbid(rule: (op: PairOp) => boolean): void {
      forbids = rule
    },
    /** What is set aside, by `post|session`. */
    refused: (): Map<string, SetAsideOp> => new Map(stillRefused().map(op => [pairOf(op), op])),
    post(id: string): { likes: number; rev: number } | null {
      const post = tables.posts.get(id)
      return post ? { likes: post.likes, rev: post.rev } : null
    },
    /** Sorted by session. */
    rows(
      table: 'post_ratings' | 'like_tombstones' | 'like_unseen',
      postId: string,
    ): { sessionId: string; op: number }[] {
      const post = tables.posts.get(postId)
      const all = [...(post?.ops ?? [])].map(([sessionId, op]) => ({ sessionId, op }))
      const rows =
        table === 'like_unseen'
          ? unseenOf(postId)
          : all.filter(({ op }) => isLikedOp(op) === (table === 'post_ratings'))
      return rows.sort((a, b) => inOrder(a.sessionId, b.sessionId))
    },
    /** The greatest op of every pair, by `post|session`. */
    ops: (): Map<string, number> =>
      new Map(
        [...tables.posts].flatMap(([postId, { ops }]) =>
          [...ops].map(([sessionId, op]) => [`${postId}|${sessionId}`, op] as const),
        ),
      ),
    clear(): void {
      tables = empty()
    },
    receipt: (partition = 0): string | null => tables.receipts.get(partition) ?? null,
  }
}

/** One entry a pair, with its greatest op and revision. */
function greatestOf(entries: Entry[]): Entry[] {
  const pairs = new Map<string, Entry>()
  for (const entry of entries) {
    const key = `${entry.postId}|${entry.sessionId}`
    const known = pairs.get(key)
    if (!known) pairs.set(key, { ...entry })
    else Object.assign(known, { op: Math.max(known.op, entry.op), rev: Math.max(known.rev, entry.rev) })
  }
  return [...pairs.values()]
}
