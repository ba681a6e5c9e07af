import type { Context } from './context'
import { strings } from './replies'

/**
 * What Redis has left to drain, and its id ('' for none); `oldestOp` is of a sample of 1,000. One round trip.
 * @throws StoreUnavailable
 */
export async function status({ redis, keys }: Context) {
  const [confirmed, epoch, pending, oldestOp, home] = strings(
    await redis!.run('status', [keys.q, keys.recent], [1000]),
  )
  return {
    /** The receipt of the cut. */
    confirmed: confirmed!,
    epoch: epoch!,
    pending: Number(pending),
    oldestOp: Number(oldestOp),
    home: home!,
  }
}
