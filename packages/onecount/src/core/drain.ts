import type { Context } from './context'
import type { Entry, PairOp } from './ports'
import { parseMember, strings } from './replies'

export interface Tick {
  /** `idle`: nothing to do. `busy`: another drainer is at it. `diverged`: a store had lost something. */
  outcome: 'drained' | 'idle' | 'busy' | 'late' | 'confirmed' | 'diverged'
  /** Ops that Postgres holds after this tick, or held already: one whose post is being hydrated comes again. */
  drained: number
  /** Whether there is more to do at once. */
  more: boolean
}

interface DrainerOptions {
  /** Told of the ops of every batch that Postgres has applied, before Redis is. */
  onApplied?(entries: readonly PairOp[]): void
}

/**
 * Moves ops between the stores: collect → sync → settle, both ways. Any number may run at once, anywhere; each
 * keeps only what spares it work: the unseen rows of its last sync and its place in the queue.
 */
export function createDrainer(ctx: Context, { onApplied }: DrainerOptions = {}) {
  let rows: PairOp[] = []
  let after = ''

  /**
   * One batch: three round trips. @throws StoreUnavailable; whatever step it stopped at, the next tick goes on.
   */
  async function tick(): Promise<Tick> {
    const began = ctx.now()
    const seen = rows
    const before = after
    rows = []
    const [nonce, parent, ...members] = await collect(ctx, seen, before)
    if (nonce === '') {
      await ctx.redis!.run('refeed', [ctx.keys.q, ctx.keys.recent], [ctx.settings.batchSize])
      return { outcome: 'diverged', drained: 0, more: true }
    }
    const full = members.length >= ctx.settings.batchSize
    const last = full ? members.at(-1)! : ''
    const partial = cutPosts(before, last)
    after = last

    const entries = members.map(member => toEntry(member, partial))
    const result = await ctx.postgres.sync({
      partition: ctx.partition,
      parent: parent!,
      nonce: nonce!,
      entries,
      seen,
      limit: ctx.settings.batchSize,
    })
    if (result.status === 'busy')
      return { outcome: 'busy', drained: 0, more: members.length + seen.length > 0 }
    if (result.status === 'rejected') {
      const verdict = (await ctx.redis!.run(
        'resolve',
        [ctx.keys.q, ctx.keys.recent],
        [result.receipt, nonce!, ctx.settings.batchSize],
      )) as string
      if (verdict === 'DIVERGED' && parent !== '')
        ctx.log.warn('a store had lost something: every post is hydrated anew')
      const outcome = verdict === 'DIVERGED' ? 'diverged' : verdict === 'LATE' ? 'late' : 'confirmed'
      return { outcome, drained: 0, more: true }
    }

    rows = result.unseen
    onApplied?.(entries.filter(({ postId }) => !result.gone.includes(postId)))
    await settle(ctx, nonce!, members, new Set(result.gone), began)
    return {
      outcome: members.length + seen.length + rows.length > 0 ? 'drained' : 'idle',
      drained: members.length,
      more: full || rows.length > 0,
    }
  }

  /** Whether a tick would find something, without writing: two round trips. @throws StoreUnavailable */
  async function hasWork(): Promise<boolean> {
    const [inRedis, inPostgres] = await Promise.all([status(ctx), ctx.postgres.status(ctx.partition)])
    return inRedis.pending > 0 || inPostgres.unseen > 0 || inRedis.confirmed !== inPostgres.receipt
  }

  return { tick, hasWork }
}

export type Drainer = ReturnType<typeof createDrainer>

/** What Redis has left to drain; `oldestOp` is of a sample of 1,000. One round trip. @throws StoreUnavailable */
export async function status(ctx: Context) {
  const { q, recent } = ctx.keys
  const [confirmed, epoch, pending, oldestOp] = strings(await ctx.redis!.run('status', [q, recent], [1000]))
  return { confirmed: confirmed!, epoch: epoch!, pending: Number(pending), oldestOp: Number(oldestOp) }
}

async function collect(ctx: Context, seen: PairOp[], after: string): Promise<string[]> {
  const { keys, settings } = ctx
  return strings(
    await ctx.redis!.run(
      'collect',
      [
        keys.q,
        keys.recent,
        keys.rank,
        ...seen.flatMap(r => [
          keys.likes(r.postId),
          keys.liked(r.postId),
          keys.meta(r.postId),
          keys.sessions(r.sessionId),
          keys.hydrating(r.postId),
        ]),
      ],
      [
        ctx.newId(),
        settings.batchSize,
        after,
        ctx.now(),
        ...seen.flatMap(r => [r.postId, r.sessionId, r.op]),
      ],
    ),
  )
}

/**
 * A batch that is cut may hold only some of a post's ops, and then Postgres will hold a count that nobody was ever
 * shown: it must not carry the revision of the whole. The post of either end may be cut, wherever there is one.
 */
function cutPosts(before: string, last: string): Set<string> {
  return new Set([before, last].filter(end => end !== '').map(member => parseMember(member).postId))
}

function toEntry(member: string, partial: Set<string>): Entry {
  const entry = parseMember(member)
  return partial.has(entry.postId) ? { ...entry, rev: 0 } : entry
}

/**
 * What is late goes by the later of this server's clock and Redis' own, what is forgotten by the earlier one: either may
 * be wrong by an hour, and then ops are remembered longer, and none is forgotten that is promised.
 */
async function settle(
  ctx: Context,
  nonce: string,
  members: string[],
  gone: Set<string>,
  began: number,
): Promise<void> {
  const { keys, settings } = ctx
  const byPost = groupBy(members, member => parseMember(member).postId)
  const posts = [...byPost.keys()]
  const inRedis = handedOutAt(nonce)
  await ctx.redis!.run(
    'settle',
    [
      keys.q,
      keys.recent,
      keys.rank,
      keys.late,
      ...posts.flatMap(id => [keys.likes(id), keys.liked(id), keys.meta(id), keys.hydrating(id)]),
    ],
    [
      nonce,
      2 * Math.max(ctx.now(), inRedis),
      2 * Math.min(began, inRedis),
      2 * settings.recentMs * 1000,
      ...posts.flatMap(id => [id, gone.has(id) ? '1' : '0', byPost.get(id)!.length, ...byPost.get(id)!]),
    ],
  )
}

/** When Redis made the nonce, microseconds of its own clock. */
function handedOutAt(nonce: string): number {
  const [seconds, micros] = nonce.split('.').slice(-2).map(Number) as [number, number]
  return seconds * 1_000_000 + micros
}

function groupBy<T>(items: T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
