import type { Context } from './context'
import { ForeignRedis, Repartitioned, StoreUnavailable } from './errors'
import type { PostgresStatus } from './ports'
import type { Place, QueueLook } from './turns'

/** Pending ops that are looked at for the oldest one. */
export const SAMPLE = 1000

/** Looks at both stores without changing them: whether one has something to tell the other, and whether they belong together. */
export function createLooks(ctx: Context) {
  /**
   * Whether a tick would find something: two round trips, side by side.
   * @throws StoreUnavailable; ForeignRedis, Repartitioned: a tick would not change that
   */
  async function hasWork(): Promise<boolean> {
    const [inRedis, inPostgres] = await both(ctx.redis!.status(SAMPLE))
    return isBehind({ ...inRedis, isPending: inRedis.pending > 0 }, inPostgres)
  }

  /** The same in a turn to look: all who look have turns, one every `idleMs`. @throws as `hasWork` */
  async function look(place: Place, idleMs: number): Promise<boolean> {
    return isBehind(...(await both(place.look(idleMs))))
  }

  async function both<T>(ofRedis: Promise<T>): Promise<[T, PostgresStatus]> {
    try {
      return await Promise.all([ofRedis, ctx.postgres.status(ctx.partition)])
    } catch (error) {
      throw await explained(error)
    }
  }

  /** The queue of a partition that was given up is a string, on which every script fails. */
  async function explained(error: unknown): Promise<unknown> {
    if (!(error instanceof StoreUnavailable) || error.store !== 'redis' || error.scope !== 'call')
      return error
    const known = await ctx.postgres.status(ctx.partition).catch(() => null)
    return known && known.partitions !== ctx.partitions ? repartitioned(known.partitions) : error
  }

  const repartitioned = (partitions: number) =>
    ctx.ownership.refuse(new Repartitioned(partitions, ctx.partitions))

  function isBehind(inRedis: QueueLook, { owner, unseen, receipt, partitions }: PostgresStatus): boolean {
    if (partitions !== ctx.partitions) {
      ctx.pause.begin('foreign')
      throw repartitioned(partitions)
    }
    const stranger = ctx.ownership.strangerTo(owner, inRedis)
    if (stranger !== null) {
      ctx.pause.begin('foreign')
      throw ctx.ownership.refuse(new ForeignRedis(owner!, stranger))
    }
    return ctx.ownership.foreign !== null || inRedis.isPending || unseen > 0 || inRedis.confirmed !== receipt
  }

  return { hasWork, look, explained, repartitioned }
}
