import { type Batch, handedOutAt, toBatch } from './batch'
import type { Context } from './context'
import { ForeignRedis, Repartitioned, StoreRefused, StoreUnavailable } from './errors'
import { foreignMembers } from './foreign-members'
import { createLooks } from './look'
import type { PairOp, RefusedOp, SyncResult } from './ports'
import { createRefusalLog, withoutSessions } from './refusals'
import { type Applied, lostOf, type Slice, settlementOf } from './settlement'

/** What one tick of a drain has done. */
export interface Tick {
  /**
   * `idle`: nothing to do. `held`: another drainer is at it. `late`: another one was faster. `diverged`: a store had
   * lost something. `taken over`: Postgres belonged to another Redis, and belongs to this one now.
   */
  outcome: 'drained' | 'idle' | 'held' | 'late' | 'diverged' | 'taken over'
  /** Ops that Postgres holds after this tick. */
  drained: number
  /** Whether there is more to do at once. */
  more: boolean
  /** With `held`: for how long at most unless that one goes on, milliseconds. */
  heldMs?: number
}

export interface BatchDrainOptions {
  /** Told of the ops of every batch that Postgres has applied, before Redis is. */
  onApplied?(entries: readonly PairOp[]): void
  /** Told of the ops that Postgres has refused and set aside, before Redis is. */
  onRefused?(refused: readonly RefusedOp[]): void
  /** Leaves the drain to another one of these that is at it. */
  sharesLease?: boolean
}

/** How long a tick is to take, milliseconds: sizes follow. */
const TICK_MS = 50
const LEAST = 100
/** Ops in the first batch. */
const FIRST = 1000
/** Recent ops that one call makes pending again: it takes Redis a few milliseconds. */
const FED = 1000
/** So many times Postgres undoes a batch before it is dropped. */
const TRIES = 2
/** Slices of a batch on their way to Redis at once. */
const AT_ONCE = 3

/** For how long a drainer that is not heard of any more keeps the others waiting, milliseconds. */
const LEASE_MS = 1500

/**
 * Moves ops between the stores: collect → sync → settle. One batch is in flight, the same for every process that asks,
 * until it is settled, and its answer carries what Redis has to learn; any number of drainers may run at once,
 * anywhere.
 */
export function createBatchDrain(
  ctx: Context,
  { onApplied, onRefused, sharesLease }: BatchDrainOptions = {},
) {
  const { settings } = ctx
  const drainer = sharesLease ? ctx.newId() : ''
  const logRefusals = createRefusalLog(ctx)
  const looks = createLooks(ctx)
  /** Id of this Redis; '': it has none. */
  let home = ''
  let after = ''
  /** The batch that the last settle has handed out. */
  let next: Batch | null = null
  const fedSize = Math.min(FED, settings.batchSize)
  /** Ops in the next batch at most. */
  let size = Math.min(FIRST, settings.batchSize)
  /** The batch that Postgres has undone last, and how often. */
  let undone = { nonce: '', times: 0 }

  /**
   * One batch: two or three round trips. An op that Postgres refuses is set aside there, and no obstacle to the others.
   * @throws StoreUnavailable (StoreRefused: Postgres refuses every op; ForeignRedis: Postgres belongs to another Redis;
   * Repartitioned: Postgres knows other partitions); whatever step it stopped at, the next tick goes on
   */
  async function tick(): Promise<Tick> {
    try {
      const done = await batch()
      ctx.pause.end()
      return done
    } catch (thrown) {
      const error = await looks.explained(thrown)
      ctx.pause.begin(causeOf(error))
      throw error
    }
  }

  async function batch(): Promise<Tick> {
    const batch = next ?? (await collect())
    next = null
    if (batch === 'feeding') {
      await ctx.redis!.feed(fedSize)
      return { outcome: 'diverged', drained: 0, more: true }
    }
    if ('heldMs' in batch) return { outcome: 'held', drained: 0, more: false, heldMs: batch.heldMs }
    const foreign = foreignMembers(batch, ctx.kind)
    if (foreign.length > 0 && (await setAside(batch, foreign)))
      return { outcome: 'late', drained: 0, more: true }
    after = batch.last
    const began = ctx.elapsed()
    const result = await sync(batch)
    if (result.status === 'foreign') return takeOver(result.owner)
    if (result.status === 'repartitioned') throw looks.repartitioned(result.partitions)
    if (result.status === 'rejected') return resolve(batch, result.receipt)

    const { rows, refused } = result
    const isLost = lostOf(result)
    onApplied?.(batch.entries.filter(entry => !isLost(entry)))
    if (refused.length > 0) {
      logRefusals(refused)
      onRefused?.(refused)
    }
    const isSettled = await settle(batch, result)
    ctx.changed?.(result.posts.map(({ postId }) => postId))
    if (batch.isFull) adapt(ctx.elapsed() - began)
    ctx.ownership.confirm(home)
    const moved = batch.entries.length + rows.length
    return {
      outcome: !isSettled ? 'late' : moved > 0 ? 'drained' : 'idle',
      drained: batch.entries.length - refused.length,
      more: batch.isFull || rows.length > 0 || next !== null || !isSettled,
    }
  }

  /** Postgres refuses a batch with one of these as a whole. False: the batch stays, or another one is in flight. */
  async function setAside({ nonce }: Batch, foreign: readonly string[]): Promise<boolean> {
    if (!(await ctx.redis!.abandon(nonce, foreign))) return false
    ctx.log.warn(
      `another program writes to likes:pending: ${foreign.length} members are no likes and are set aside, see npx onecount doctor`,
    )
    return true
  }

  /** How long a full batch took, milliseconds. */
  function adapt(ms: number): void {
    const wanted = size * Math.min(2, Math.max(0.5, TICK_MS / Math.max(1, ms)))
    size = Math.min(settings.batchSize, Math.max(Math.min(LEAST, size), Math.round(wanted)))
  }

  async function collect(): Promise<Batch | { heldMs: number } | 'feeding'> {
    const began = ctx.now()
    const { id, isSure } = ctx.ownership.claim
    const collected = await ctx.redis!.collect({
      id: ctx.newId(),
      limit: size,
      after,
      home: id,
      isSure,
      drainer,
      leaseMs: LEASE_MS,
    })
    if (collected === 'feeding' || 'heldMs' in collected) return collected
    home = collected.home
    return toBatch(collected.receipt, collected.batch, began)
  }

  /** Postgres refuses the whole call, or undoes it again and again: the batch is dropped and made anew. */
  async function sync(batch: Batch): Promise<SyncResult> {
    const { parent, nonce, entries } = batch
    try {
      return await ctx.postgres.sync({
        partition: ctx.partition,
        partitions: ctx.partitions,
        parent,
        nonce,
        entries,
        limit: size,
        owner: home || null,
      })
    } catch (error) {
      if (error instanceof StoreRefused || (await isTooLarge(batch, error))) await ctx.redis!.abandon(nonce)
      throw withoutSessions(error, entries)
    }
  }

  /**
   * Whether Postgres has undone the batch again: it holds too much for a timeout, or a post that another transaction
   * has locked. The next one is smaller and begins behind it, so that the rest lands.
   */
  async function isTooLarge({ nonce, entries }: Batch, error: unknown): Promise<boolean> {
    if (!(error instanceof StoreUnavailable && error.isUndone)) return false
    undone = { nonce, times: undone.nonce === nonce ? undone.times + 1 : 1 }
    if (undone.times < TRIES) return false
    // Another drainer may have had more time.
    const known = await ctx.postgres.status(ctx.partition).catch(() => null)
    if (!known || known.receipt?.startsWith(`${nonce}/`)) return false
    size = Math.max(1, Math.ceil((entries.length || size) / 2))
    return true
  }

  /** @throws ForeignRedis unless this process was told to take over */
  async function takeOver(owner: string): Promise<Tick> {
    if (!ctx.ownership.takesOver) throw ctx.ownership.refuse(new ForeignRedis(owner, home))
    const now = await ctx.postgres.takeOver(ctx.partition, home, owner)
    ctx.ownership.endTakeover()
    if (now !== home) throw ctx.ownership.refuse(new ForeignRedis(now ?? owner, home))
    ctx.log.warn(`postgres belongs to this Redis from now on (${home}, before to ${owner})`)
    return { outcome: 'taken over', drained: 0, more: true }
  }

  async function resolve({ parent, nonce }: Batch, receipt: string): Promise<Tick> {
    await adopt()
    const verdict = await ctx.redis!.resolve(receipt, nonce, fedSize)
    ctx.ownership.confirm(home)
    if (verdict === 'LATE') return { outcome: 'late', drained: 0, more: true }
    if (parent !== '') ctx.log.warn('a store had lost something: every post is hydrated anew')
    return { outcome: 'diverged', drained: 0, more: true }
  }

  /**
   * Processes of the version before, also ones that were started again, may have written to Redis: see lua/adopt.lua.
   */
  async function adopt(): Promise<void> {
    while (await ctx.redis!.adopt(fedSize));
  }

  async function settle(batch: Batch, result: Applied): Promise<boolean> {
    const slices = settlementOf(batch.entries, result, settings.settleSize)
    let sent = 0
    let isSettled = true
    const lane = async () => {
      while (isSettled && sent < slices.length) {
        const slice = slices[sent++]!
        isSettled = (await settleSlice(batch, result.receipt, slice)) && isSettled
      }
    }
    // In their order, as each is settled only after those before it; a few at once, so that others are served between.
    const lanes = await Promise.allSettled(Array.from({ length: AT_ONCE }, lane))
    for (const { reason } of lanes.filter(lane => lane.status === 'rejected')) throw reason
    return isSettled
  }

  /** One round trip; the last one hands out the next batch. */
  async function settleSlice({ nonce, began }: Batch, receipt: string, slice: Slice): Promise<boolean> {
    const inRedis = handedOutAt(nonce)
    const now = ctx.now()
    const settled = await ctx.redis!.settle(slice, {
      nonce,
      receipt,
      now,
      // What is late goes by the later of this server's clock and Redis' own, what is forgotten by the earlier one:
      // either may be wrong, and then ops are remembered longer, and none is forgotten that is promised.
      latest: 2 * Math.max(now, inRedis),
      began: 2 * Math.min(began, inRedis),
      lasts: 2 * settings.recentMs * 1000,
      sessionMs: settings.sessionMs,
      nextId: ctx.newId(),
      limit: size,
      after,
      likers: settings.likers,
      drainer,
      leaseMs: LEASE_MS,
    })
    if (settled === 'late') return false
    if (settled.batch.length > 0) next = toBatch(receipt, settled.batch, now)
    return true
  }

  return { tick, hasWork: looks.hasWork, look: looks.look }
}

function causeOf(error: unknown) {
  if (error instanceof ForeignRedis || error instanceof Repartitioned) return 'foreign'
  if (error instanceof StoreRefused) return 'refused'
  return error instanceof StoreUnavailable ? 'unreachable' : 'failed'
}
