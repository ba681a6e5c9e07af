import type { Context } from './context'
import { ForeignRedis, StoreRefused, StoreUnavailable } from './errors'
import type { PairOp, RefusedOp, SyncResult } from './ports'
import { createRefusalLog, withoutSessions } from './refusals'
import { strings } from './replies'
import { type Applied, type HandedOut, lostOf, type Slice, settlementOf } from './settlement'
import { status } from './status'

export interface Tick {
  /**
   * `idle`: nothing to do. `late`: another drainer was faster. `busy`: another one has the batch. `diverged`: a store had lost something. `taken over`:
   * Postgres belonged to another Redis, and belongs to this one now.
   */
  outcome: 'drained' | 'idle' | 'late' | 'busy' | 'diverged' | 'taken over'
  /** Ops that Postgres holds after this tick. */
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

/** The batch in flight, as Redis handed it out. */
interface Batch {
  /** The cut of Redis when it was handed out. */
  parent: string
  nonce: string
  entries: HandedOut[]
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
  const logRefusals = createRefusalLog(ctx)
  /** Id of this Redis; '': it has none. */
  let home = ''
  let after = ''
  /** The batch that the last settle has handed out. */
  let next: Batch | null = null
  /** The batch that was worked on last. */
  let mine = ''

  /**
   * One batch: two or three round trips. `yields`: not one that another drainer has a lease of. An op that Postgres refuses is set aside there, and no obstacle to the others.
   * @throws StoreUnavailable (StoreRefused: Postgres refuses every op; ForeignRedis: Postgres belongs to another Redis);
   * whatever step it stopped at, the next tick goes on
   */
  async function tick({ yields = false } = {}): Promise<Tick> {
    try {
      const done = await batch(yields)
      ctx.pause.end()
      return done
    } catch (error) {
      ctx.pause.begin(causeOf(error))
      throw error
    }
  }

  async function batch(yields: boolean): Promise<Tick> {
    const batch = next ?? (await collect(yields))
    next = null
    if (batch === 'busy') return { outcome: 'busy', drained: 0, more: true }
    if (!batch) {
      await ctx.redis!.run('feed', [keys.q, keys.recent], [settings.batchSize])
      return { outcome: 'diverged', drained: 0, more: true }
    }
    after = batch.last
    mine = batch.nonce
    const result = await sync(batch)
    if (result.status === 'foreign') return takeOver(result.owner)
    if (result.status === 'rejected') return resolve(batch, result.receipt)

    const { rows, refused } = result
    const isLost = lostOf(result)
    onApplied?.(batch.entries.filter(entry => !isLost(entry)))
    if (refused.length > 0) {
      logRefusals(refused)
      onRefused?.(refused)
    }
    const isSettled = await settle(batch, result)
    ctx.ownership.confirm(home)
    const moved = batch.entries.length + rows.length
    return {
      outcome: !isSettled ? 'late' : moved > 0 ? 'drained' : 'idle',
      drained: batch.entries.length - refused.length,
      more: batch.isFull || rows.length > 0 || next !== null || !isSettled,
    }
  }

  async function collect(yields: boolean): Promise<Batch | 'busy' | null> {
    const began = ctx.now()
    const { id, isSure } = ctx.ownership.claim
    const [named, receipt, ...batch] = strings(
      await ctx.redis!.run(
        'collect',
        [keys.q],
        [ctx.newId(), settings.batchSize, after, id, isSure ? '1' : '0', yields ? '1' : '0', mine],
      ),
    )
    if (named === undefined) return null
    home = named
    if (receipt === undefined) return 'busy'
    return toBatch(receipt, batch, began)
  }

  /** Postgres refuses the whole call: what it holds is not known, so the batch is dropped and made anew. */
  async function sync({ parent, nonce, entries }: Batch): Promise<SyncResult> {
    try {
      return await ctx.postgres.sync({
        partition: ctx.partition,
        parent,
        nonce,
        entries,
        limit: settings.batchSize,
        owner: home || null,
      })
    } catch (error) {
      if (error instanceof StoreRefused) await ctx.redis!.run('abandon', [keys.q], [nonce])
      throw withoutSessions(error, entries)
    }
  }

  /** @throws ForeignRedis unless this process was told to take over */
  async function takeOver(owner: string): Promise<Tick> {
    if (!ctx.ownership.takesOver) throw ctx.ownership.refuse(owner, home)
    const now = await ctx.postgres.takeOver(ctx.partition, home, owner)
    ctx.ownership.endTakeover()
    if (now !== home) throw ctx.ownership.refuse(now ?? owner, home)
    ctx.log.warn(`postgres belongs to this Redis from now on (${home}, before to ${owner})`)
    return { outcome: 'taken over', drained: 0, more: true }
  }

  async function resolve({ parent, nonce }: Batch, receipt: string): Promise<Tick> {
    if (parent === '') await adopt()
    const verdict = await ctx.redis!.run(
      'resolve',
      [keys.q, keys.recent],
      [receipt, nonce, settings.batchSize],
    )
    ctx.ownership.confirm(home)
    if (verdict === 'LATE') return { outcome: 'late', drained: 0, more: true }
    if (parent !== '') ctx.log.warn('a store had lost something: every post is hydrated anew')
    return { outcome: 'diverged', drained: 0, more: true }
  }

  /** A Redis without a cut may hold what the version before has pending. */
  async function adopt(): Promise<void> {
    const held = [keys.before, keys.beforeRest, keys.q, keys.recent]
    while ((await ctx.redis!.run('adopt', held, [settings.batchSize])) === '1');
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
    { range, posts, sessions, mirrors, told }: Slice,
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
          ...mirrors.map(keys.sessions),
        ],
        [
          nonce,
          receipt,
          now,
          // What is late goes by the later of this server's clock and Redis' own, what is forgotten by the earlier one:
          // either may be wrong, and then ops are remembered longer, and none is forgotten that is promised.
          2 * Math.max(now, inRedis),
          2 * Math.min(began, inRedis),
          2 * settings.recentMs * 1000,
          settings.sessionMs,
          ctx.newId(),
          settings.batchSize,
          after,
          range,
          settings.likers ? '1' : '0',
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

  /**
   * Whether a tick would find something, without writing: two round trips, side by side.
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

export type Drainer = ReturnType<typeof createDrainer>

function causeOf(error: unknown) {
  if (error instanceof ForeignRedis) return 'foreign'
  if (error instanceof StoreRefused) return 'refused'
  return error instanceof StoreUnavailable ? 'unreachable' : 'failed'
}

/** When Redis made the nonce, microseconds of its own clock. */
function handedOutAt(nonce: string): number {
  const [seconds, micros] = nonce.split('.').slice(-2).map(Number) as [number, number]
  return seconds * 1_000_000 + micros
}

function toBatch(parent: string, [nonce, after, last, ...members]: string[], began: number): Batch {
  // A batch that is cut may hold only some of a post's ops, and then Postgres will hold a count that nobody was ever
  // shown: it must not carry the revision of the whole. The post of either end may be cut, wherever there is one.
  const cut = new Set([after!, last!].filter(end => end !== '').map(end => end.split('|')[0]))
  const entries = members.map(member => {
    const [postId, sessionId, op, rev] = member.split('|') as [string, string, string, string]
    return { postId, sessionId, op: Number(op), rev: cut.has(postId) ? 0 : Number(rev), member }
  })
  return { parent, nonce: nonce!, entries, isFull: last !== '', last: last!, began }
}
