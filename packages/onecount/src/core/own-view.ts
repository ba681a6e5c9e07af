import { opTime } from './op'
import type { LikeState } from './types'

/**
 * A state of a private kind as if its session were the only one there is: the count is its own, 1 or 0, and the
 * revision is the time of its newest op, 0 without one. Both are in order for every reader, and neither moves with what
 * others press. Where no session is known, as in a page for everybody, the count is `null` and the revision 0.
 */
export function ownView<S extends LikeState>(state: S): S {
  const { liked, op } = state
  return { ...state, count: liked === null ? null : Number(liked), rev: opTime(op ?? 0), private: true }
}
