import type { DrainerOptions } from '../../src/core/drain'
import { handedOutAt } from '../../src/core/drain-scripts'
import { StoreRefused } from '../../src/core/errors'
import { strings } from '../../src/core/replies'
import type { Context } from './context'
import type { Entry, PairOp, SyncResult } from './ports'

type Applied = SyncResult & { status: 'applied' }

export interface Tick {
  /** `diverged`: a store had lost something. `late`: another one was faster. */
  outcome: 'drained' | 'idle' | 'late' | 'diverged'
  /** Ops that Postgres holds after this tick. */
  drained: number
  /** Whether there is more to do at once. */
  more: boolean
}

/** The batch in flight, as Redis handed it out. */
interface Batch {
  /** The cut of Redis when it was handed out. */
  parent: string
  nonce: string
  entries: Entry[]
  /** Whether the queue may hold more. */
  isFull: boolean
  /** Where the next batch begins. */
  last: string
  /** When it was handed out or asked for, microseconds. */
  began: number
}

/**
 * Moves ops between the stores: collect → sync → settle. One batch is in flight, the same for whoever asks, until it is
 * settled, and its answer carries what Redis has to learn; any number of drainers may run at once, anywhere.
 */
export function createDrainer(ctx: Context, { onApplied, onRefused }: DrainerOptions = {}) {
  const { keys, settings } = ctx
  let after = ''
  /** The batch that the last settle has handed out. */
  let next: Batch | null = null

  /** One batch: two or three round trips. @throws StoreUnavailable; the next tick goes on at whatever step it stopped */
  async function tick(): Promise<Tick> {
    const batch = next ?? (await collect())
    next = null
    if (!batch) {
      await ctx.redis!.run('feed', [keys.q, keys.recent], [settings.batchSize])
      return { outcome: 'diverged', drained: 0, more: true }
    }
    after = batch.last
    const result = await sync(batch)
    if (result.status === 'rejected') return resolve(batch, result.receipt)

    const { rows, refused } = result
    const isLost = lostOf(result)
    onApplied?.(batch.entries.filter(entry => !isLost(entry)))
    if (refused.length > 0) onRefused?.(refused)
    const isSettled = await settle(batch, result)
    const moved = batch.entries.length + rows.length
    return {
      outcome: !isSettled ? 'late' : moved > 0 ? 'drained' : 'idle',
      drained: batch.entries.length - refused.length,
      more: batch.isFull || rows.length > 0 || next !== null || !isSettled,
    }
  }

  async function collect(): Promise<Batch | null> {
    const began = ctx.now()
    const [receipt, ...batch] = strings(
      await ctx.redis!.run('collect', [keys.q], [ctx.newId(), settings.batchSize, after]),
    )
    if (receipt === undefined) return null
    return toBatch(receipt, batch, began)
  }

  /** Postgres refuses the whole call: what it holds is not known, so the batch is dropped and made anew. */
  async function sync({ parent, nonce, entries }: Batch): Promise<SyncResult> {
    try {
      const batch = { partition: ctx.partition, parent, nonce, entries, limit: settings.batchSize }
      return await ctx.postgres.sync(batch)
    } catch (error) {
      if (error instanceof StoreRefused) await ctx.redis!.run('abandon', [keys.q], [nonce])
      throw error
    }
  }

  async function resolve({ parent, nonce }: Batch, receipt: string): Promise<Tick> {
    const verdict = await ctx.redis!.run(
      'resolve',
      [keys.q, keys.recent],
      [receipt, nonce, settings.batchSize],
    )
    if (verdict === 'LATE') return { outcome: 'late', drained: 0, more: true }
    if (parent !== '') ctx.log.warn('a store had lost something: every post is hydrated anew')
    return { outcome: 'diverged', drained: 0, more: true }
  }

  async function settle(batch: Batch, result: Applied): Promise<boolean> {
    const slices = settlementOf(batch.entries, result, settings.settleSize)
    for (const slice of slices) if (!(await settleSlice(batch, result.receipt, slice))) return false
    return true
  }

  /** One round trip; the last one hands out the next batch. */
  async function settleSlice(
    { nonce, began }: Batch,
    receipt: string,
    { range, posts, sessions, told }: Slice,
  ): Promise<boolean> {
    const inRedis = handedOutAt(nonce)
    const now = ctx.now()
    const [verdict, ...batch] = strings(
      await ctx.redis!.run(
        'settle',
        [
          keys.q,
          keys.recent,
          keys.late,
          keys.rank,
          ...[...posts.keys()].flatMap(id => [keys.meta(id), keys.likes(id), keys.liked(id)]),
          ...sessions.map(keys.ops),
        ],
        [
          nonce,
          receipt,
          now,
          2 * Math.max(now, inRedis),
          2 * Math.min(began, inRedis),
          2 * settings.recentMs * 1000,
          settings.sessionMs,
          ctx.newId(),
          settings.batchSize,
          after,
          range,
          posts.size,
          ...[...posts].flat(),
          ...told,
        ],
      ),
    )
    if (verdict === 'LATE') return false
    if (batch.length > 0) next = toBatch(receipt, batch, now)
    return true
  }

  /** What Redis has left to drain, and Postgres to tell: two round trips, side by side. @throws StoreUnavailable */
  async function hasWork(): Promise<boolean> {
    const [inRedis, inPostgres] = await Promise.all([status(ctx), ctx.postgres.status(ctx.partition)])
    return inRedis.pending > 0 || inPostgres.unseen > 0 || inRedis.confirmed !== inPostgres.receipt
  }

  return { tick, hasWork }
}

/** One round trip. @throws StoreUnavailable */
export async function status({ redis, keys }: Context) {
  const [confirmed, epoch, pending, oldestOp] = strings(
    await redis!.run('status', [keys.q, keys.recent], [1000]),
  )
  return { confirmed: confirmed!, epoch: epoch!, pending: Number(pending), oldestOp: Number(oldestOp) }
}

function toBatch(parent: string, [nonce, after, last, ...members]: string[], began: number): Batch {
  // A batch that is cut may hold only some of a post's ops, and then Postgres will hold a count that nobody was ever
  // shown: it must not carry the revision of the whole. The post of either end may be cut, wherever there is one.
  const cut = new Set([after!, last!].filter(end => end !== '').map(end => end.split('|')[0]))
  const entries = members.map(member => {
    const [postId, sessionId, op, rev] = member.split('|') as [string, string, string, string]
    return { postId, sessionId, op: Number(op), rev: cut.has(postId) ? 0 : Number(rev) }
  })
  return { parent, nonce: nonce!, entries, isFull: last !== '', last: last!, began }
}

const pairOf = ({ postId, sessionId }: Omit<PairOp, 'op'>) => `${postId}|${sessionId}`

/** Whether Postgres does not hold an entry: it was refused, or its post is gone. */
function lostOf({ posts, refused }: Applied): (op: PairOp) => boolean {
  const there = new Set(posts.map(post => post.postId))
  const ops = new Set(refused.map(op => `${pairOf(op)}|${op.op}`))
  return op => !there.has(op.postId) || ops.has(`${pairOf(op)}|${op.op}`)
}

/** A part of what settle is told. */
interface Slice {
  /** `<from>-<to>` of the batch's pairs, with `!` behind it the last one. */
  range: string
  /** Likes of each post; '': forget its numbers, 'gone': there is none, '?': a later slice tells. */
  posts: Map<string, number | string>
  sessions: string[]
  /** Of each pair: index of its post, of its session, post, session, what Postgres holds, what it refused or ''. */
  told: (string | number)[]
}

/** What settle is told, in slices of so many pairs; at least one. */
function settlementOf(entries: Entry[], { posts, rows, refused }: Applied, size: number): Slice[] {
  const likes = new Map<string, number | '' | 'gone'>()
  for (const { postId } of [...entries, ...rows]) likes.set(postId, 'gone')
  for (const post of posts) likes.set(post.postId, post.likes)
  for (const row of rows)
    if (row.sessionId === '' && likes.get(row.postId) !== 'gone') likes.set(row.postId, '')

  const refusedOps = new Map(refused.map(op => [pairOf(op), op]))
  const pairs = new Map<string, PairOp>()
  for (const { postId, sessionId, op } of [...entries, ...rows]) {
    const key = pairOf({ postId, sessionId })
    if (sessionId === '') continue
    const held = refusedOps.get(key)?.op === op ? refusedOps.get(key)!.known : op
    pairs.set(key, { postId, sessionId, op: Math.max(held, pairs.get(key)?.op ?? 0) })
  }
  const inOrder = [...pairs.values()].sort((a, b) => (a.postId < b.postId ? -1 : a.postId > b.postId ? 1 : 0))
  const alone = [...likes.keys()].filter(id => !inOrder.some(pair => pair.postId === id))
  const slices: Slice[] = []
  for (let i = 0; i === 0 || i < inOrder.length; i += size) {
    const part = inOrder.slice(i, i + size)
    const isLast = i + size >= inOrder.length
    const ids = [...new Set([...part.map(pair => pair.postId), ...(isLast ? alone : [])])]
    const continued = inOrder[i + size]?.postId
    const told = (id: string) =>
      id === continued && typeof likes.get(id) === 'number' ? '?' : likes.get(id)!
    const sessions = [...new Set(part.map(pair => pair.sessionId))]
    slices.push({
      range: `${i}-${i + part.length}${isLast ? '!' : ''}`,
      posts: new Map(ids.map(id => [id, told(id)])),
      sessions,
      told: part.flatMap(({ postId, sessionId, op }) => [
        ids.indexOf(postId) + 1,
        sessions.indexOf(sessionId) + 1,
        postId,
        sessionId,
        op,
        refusedOps.get(pairOf({ postId, sessionId }))?.op ?? '',
      ]),
    })
  }
  return slices
}
