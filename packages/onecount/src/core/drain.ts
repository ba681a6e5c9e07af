import type { Context } from './context'
import { collect, settle, status } from './drain-scripts'
import { ForeignRedis, StoreRefused, StoreUnavailable } from './errors'
import type { Entry, PairOp, RefusedOp } from './ports'
import { createRefusalLog, withoutSessions } from './refusals'
import { parseMember } from './replies'

export interface Tick {
  /**
   * `idle`: nothing to do. `busy`: another drainer is at it. `diverged`: a store had lost something. `taken over`:
   * Postgres belonged to another Redis, and belongs to this one now.
   */
  outcome: 'drained' | 'idle' | 'busy' | 'late' | 'confirmed' | 'diverged' | 'taken over'
  /** Ops that Postgres holds after this tick, or held already: one whose post is being hydrated comes again. */
  drained: number
  /** Whether there is more to do at once. */
  more: boolean
}

export interface DrainerOptions {
  /** Told of the ops of every batch that Postgres has applied, before Redis is. */
  onApplied?(entries: readonly PairOp[]): void
  /** Told of the ops that Postgres has refused and set aside, before Redis is. */
  onRefused?(refused: readonly RefusedOp[]): void
}

/**
 * Moves ops between the stores: collect → sync → settle, both ways. Any number may run at once, anywhere; each
 * keeps only what spares it work: the unseen rows of its last sync and its place in the queue.
 */
export function createDrainer(ctx: Context, { onApplied, onRefused }: DrainerOptions = {}) {
  const logRefusals = createRefusalLog(ctx)
  let rows: PairOp[] = []
  let after = ''

  /**
   * One batch: three round trips. An op that Postgres refuses is set aside there, and no obstacle to the others.
   * @throws StoreUnavailable (StoreRefused: Postgres refuses every op; ForeignRedis: Postgres belongs to another Redis);
   * whatever step it stopped at, the next tick goes on
   */
  async function tick(): Promise<Tick> {
    try {
      const done = await batch()
      // Another one is at it: whether Postgres takes the ops is not known yet.
      if (done.outcome !== 'busy' || ctx.pause.cause() !== 'refused') ctx.pause.end()
      return done
    } catch (error) {
      ctx.pause.begin(causeOf(error))
      throw error
    }
  }

  async function batch(): Promise<Tick> {
    const began = ctx.now()
    const seen = rows
    const before = after
    rows = []
    const counts = await countsOf(ctx, seen)
    const [nonce, parent, home, ...members] = await collect(ctx, seen, counts, before)
    if (nonce === '') {
      await ctx.redis!.run('refeed', [ctx.keys.q, ctx.keys.recent], [ctx.settings.batchSize])
      return { outcome: 'diverged', drained: 0, more: true }
    }
    const full = members.length >= ctx.settings.batchSize
    const last = full ? members.at(-1)! : ''
    const partial = cutPosts(before, last)
    after = last

    const entries = members.map(member => toEntry(member, partial))
    const result = await ctx.postgres
      .sync({
        partition: ctx.partition,
        parent: parent!,
        nonce: nonce!,
        entries,
        seen,
        limit: ctx.settings.batchSize,
        owner: home || null,
      })
      .catch((error: unknown) => {
        throw withoutSessions(error, entries)
      })
    if (result.status === 'busy')
      return { outcome: 'busy', drained: 0, more: members.length + seen.length > 0 }
    if (result.status === 'foreign') return takeOver(result.owner, home!)
    if (result.status === 'rejected') {
      const verdict = (await ctx.redis!.run(
        'resolve',
        [ctx.keys.q, ctx.keys.recent],
        [result.receipt, nonce!, ctx.settings.batchSize],
      )) as string
      if (verdict === 'DIVERGED' && parent !== '')
        ctx.log.warn('a store had lost something: every post is hydrated anew')
      const outcome = verdict === 'DIVERGED' ? 'diverged' : verdict === 'LATE' ? 'late' : 'confirmed'
      ctx.ownership.confirm(home!)
      return { outcome, drained: 0, more: true }
    }

    rows = result.unseen
    const { gone, refused } = result
    const isRefused = refusedOf(refused)
    onApplied?.(entries.filter(entry => !gone.includes(entry.postId) && !isRefused(entry)))
    if (refused.length > 0) {
      logRefusals(refused)
      onRefused?.(refused)
    }
    await settle(ctx, { nonce: nonce!, members, gone: new Set(gone), isRefused, began })
    ctx.ownership.confirm(home!)
    return {
      outcome: members.length + seen.length + rows.length > 0 ? 'drained' : 'idle',
      drained: members.length - refused.length,
      more: full || rows.length > 0,
    }
  }

  /** @throws ForeignRedis unless this process was told to take over */
  async function takeOver(owner: string, home: string): Promise<Tick> {
    if (!ctx.ownership.takesOver) throw ctx.ownership.refuse(owner, home)
    const now = await ctx.postgres.takeOver(ctx.partition, home, owner)
    ctx.ownership.endTakeover()
    if (now !== home) throw ctx.ownership.refuse(now ?? owner, home)
    ctx.log.warn(`postgres belongs to this Redis from now on (${home}, before to ${owner})`)
    return { outcome: 'taken over', drained: 0, more: true }
  }

  /**
   * Whether a tick would find something, without writing: two round trips.
   * @throws StoreUnavailable; ForeignRedis: Postgres belongs to another Redis, and a tick would not change that
   */
  async function hasWork(): Promise<boolean> {
    const [inRedis, inPostgres] = await Promise.all([status(ctx), ctx.postgres.status(ctx.partition)])
    const { owner } = inPostgres
    const stranger = ctx.ownership.strangerTo(owner, inRedis)
    if (stranger !== null) {
      ctx.pause.begin('foreign')
      throw ctx.ownership.refuse(owner!, stranger)
    }
    if (ctx.ownership.foreign) return true
    return inRedis.pending > 0 || inPostgres.unseen > 0 || inRedis.confirmed !== inPostgres.receipt
  }

  return { tick, hasWork }
}

function causeOf(error: unknown) {
  if (error instanceof ForeignRedis) return 'foreign'
  if (error instanceof StoreRefused) return 'refused'
  return error instanceof StoreUnavailable ? 'unreachable' : 'failed'
}

/** Of the posts that Redis has to forget, with which they stay in the ranking; one that is gone is left out. */
async function countsOf(ctx: Context, rows: PairOp[]): Promise<Map<string, number>> {
  const postIds = rows.filter(row => row.sessionId === '').map(row => row.postId)
  if (postIds.length === 0) return new Map()
  return new Map((await ctx.postgres.peek(postIds, null, [])).map(({ postId, count }) => [postId, count]))
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

const nameOf = ({ postId, sessionId, op }: PairOp) => `${postId}|${sessionId}|${op}`

function refusedOf(refused: readonly PairOp[]): (op: PairOp) => boolean {
  const names = new Set(refused.map(nameOf))
  return op => names.has(nameOf(op))
}
