import type { Entry, PairOp, SyncResult } from './ports'

export type Applied = SyncResult & { status: 'applied' }

/** An entry as Redis handed it out. */
export interface HandedOut extends Entry {
  member: string
}

/** A part of what `settle` is told. */
export interface Slice {
  /** `<from>-<to>` of the batch's pairs and then of its posts without any, with `!` behind it the last one. */
  range: string
  /**
   * Likes of each post; `!<likes>`: forget its numbers, `~<likes>`: the same, as it is a new post of the same id, 'gone':
   * there is none, '?': a later slice tells.
   */
  posts: Map<string, number | string>
  sessions: string[]
  /** Sessions of the pairs whose mirrors may be wrong. */
  mirrors: string[]
  /** Of each pair of which Postgres holds what was handed out: index of its post, of its session, member of the batch. */
  landed: (string | number)[]
  /**
   * Of each other one: index of its post, of its session, of its mirror or 0, post, session, what Postgres holds, the op
   * that it refused or ''.
   */
  told: (string | number)[]
}

const pairOf = ({ postId, sessionId }: Omit<PairOp, 'op'>) => `${postId}|${sessionId}`

/** Whether Postgres does not hold an entry: it was refused, or its post is gone. */
export function lostOf({ posts, refused }: Applied): (op: PairOp) => boolean {
  const there = new Set(posts.map(post => post.postId))
  const ops = new Set(refused.map(op => `${pairOf(op)}|${op.op}`))
  return op => !there.has(op.postId) || (ops.size > 0 && ops.has(`${pairOf(op)}|${op.op}`))
}

interface ToldPair extends PairOp {
  /** The member of the batch, where Postgres holds exactly its op. */
  landed: string | null
  refusedOp: number | null
  /** Redis has not been told of it by a press: what it shows others of the pair is wrong. */
  isNews: boolean
}

/**
 * What `settle` is told of a batch, in slices of so many pairs, or posts without any, at least one slice; by post, so that
 * one is told at once.
 */
export function settlementOf(entries: HandedOut[], result: Applied, size: number): Slice[] {
  const likes = likesOf(entries, result)
  const pairs = pairsOf(entries, result).sort((a, b) =>
    a.postId < b.postId ? -1 : a.postId > b.postId ? 1 : 0,
  )
  const withPairs = new Set(pairs.map(pair => pair.postId))
  const alone = [...likes.keys()].filter(id => !withPairs.has(id))

  const total = pairs.length + alone.length
  const slices: Slice[] = []
  for (let i = 0; i === 0 || i < total; i += size) {
    const [part, to] = [pairs.slice(i, i + size), Math.min(i + size, total)]
    const without = alone.slice(Math.max(i - pairs.length, 0), Math.max(to - pairs.length, 0))
    const posts = indexed([...part.map(pair => pair.postId), ...without])
    const sessions = indexed(part.map(pair => pair.sessionId))
    const mirrors = indexed(part.filter(pair => pair.isNews).map(pair => pair.sessionId))
    const continued = pairs[i + size]?.postId
    const told = (id: string) =>
      id === continued && typeof likes.get(id) === 'number' ? '?' : likes.get(id)!
    slices.push({
      range: `${i}-${to}${to === total ? '!' : ''}`,
      posts: new Map([...posts.keys()].map(id => [id, told(id)])),
      sessions: [...sessions.keys()],
      mirrors: [...mirrors.keys()],
      landed: part.flatMap(({ postId, sessionId, landed }) =>
        landed === null ? [] : [posts.get(postId)!, sessions.get(sessionId)!, landed],
      ),
      told: part.flatMap(({ postId, sessionId, op, landed, refusedOp, isNews }) =>
        landed !== null
          ? []
          : [
              posts.get(postId)!,
              sessions.get(sessionId)!,
              isNews ? mirrors.get(sessionId)! : 0,
              postId,
              sessionId,
              op,
              refusedOp ?? '',
            ],
      ),
    })
  }
  return slices
}

/** Each once, with its place from 1. */
function indexed(ids: string[]): Map<string, number> {
  return new Map([...new Set(ids)].map((id, i) => [id, i + 1]))
}

/** What is said of the likes of each post. */
function likesOf(entries: HandedOut[], { posts, rows }: Applied): Map<string, number | string> {
  const likes = new Map<string, number | string>()
  for (const { postId } of [...entries, ...rows]) likes.set(postId, 'gone')
  for (const post of posts) likes.set(post.postId, post.likes)
  const there = new Map(posts.map(post => [post.postId, post.likes]))
  for (const { postId, sessionId, op } of rows) {
    if (sessionId !== '' || !there.has(postId) || String(likes.get(postId)).startsWith('~')) continue
    likes.set(postId, `${op === 0 ? '!' : '~'}${there.get(postId)}`)
  }
  return likes
}

/** What Postgres holds of each pair of the batch. */
function pairsOf(entries: HandedOut[], { rows, refused }: Applied): ToldPair[] {
  const refusedOps = new Map(refused.map(op => [pairOf(op), op]))
  const pairs = new Map<string, ToldPair>()
  const tell = (op: PairOp, member: string, isRow: boolean) => {
    if (op.sessionId === '') return
    const pair = pairOf(op)
    const refusal = refusedOps.get(pair)
    const held = refusal?.op === op.op ? refusal.known : op.op
    const before = pairs.get(pair)
    pairs.set(pair, {
      postId: op.postId,
      sessionId: op.sessionId,
      op: Math.max(held, before?.op ?? 0),
      landed: before || isRow || refusal ? null : member,
      refusedOp: refusal?.op ?? null,
      isNews: isRow || refusal !== undefined || (before?.isNews ?? false),
    })
  }
  for (const entry of entries) tell(entry, entry.member, false)
  for (const row of rows) tell(row, '', true)
  return [...pairs.values()]
}
