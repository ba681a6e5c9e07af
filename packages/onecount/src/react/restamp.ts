import { MAX_OP_AHEAD } from '../core/op'
import { afterOp, stampOp } from './numbers'
import type { LikeInput } from './registers'
import type { LikesRefused, LikesTransport } from './transport'

/** A press whose op the server has refused for its time. */
export interface AheadPress {
  postId: string
  liked: boolean
  /** It is sent again for what the server has lost. */
  ack?: 'postgres'
  /** How long ago it was made, milliseconds, and a time that it has to be later than, microseconds. */
  age: number
  after: number
}

/**
 * The server refused the press for its time and did not accept it, so the same press gets another op: of the moment in
 * which it was made by the server's clock, so that it does not beat what was pressed elsewhere since. Where what was
 * known of the post lies ahead of the server as well, the server says what is newest.
 *
 * @returns undefined for a press that gives way to any other
 */
export async function restamp(
  transport: LikesTransport,
  { postId, liked, ack, age, after }: AheadPress,
  error: LikesRefused,
): Promise<number | undefined> {
  const serverNow = error.now === undefined ? transport.now() : error.now * 1000
  const isKnown = after <= serverNow + MAX_OP_AHEAD
  if (isKnown && !ack) return stampOp(liked, serverNow - age * 1000, after)
  const state = await newest(transport, postId)
  // A press of an earlier page, of which this one does not know the moment, gives way to any other.
  if (ack && state?.op !== null) return undefined
  const ahead = Math.max(afterOp(state?.op ?? 0), (state?.rev ?? 0) + 1)
  return stampOp(liked, serverNow - (ack ? 0 : age * 1000), ahead > serverNow ? ahead : 0)
}

const newest = (transport: LikesTransport, postId: string): Promise<LikeInput | undefined> =>
  transport.read([postId]).then(
    states => states.get(postId),
    () => undefined,
  )
