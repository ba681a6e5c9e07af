import { sessionId } from '../ratings'
import { POSTS, postId } from '../stores'

export interface Like {
  post: string
  session: string
}

/** Likes of one session in one load. */
const PER_SESSION = 4

/**
 * The likes of one load, the same wherever they are asked for: on random posts, each of another pair. Loads have no
 * sessions in common.
 */
export function likesOf(load: number, count: number): Like[] {
  const random = mulberry32(load + 1)
  const sessions = Math.ceil(count / PER_SESSION)
  const pairs = new Set<string>()
  return Array.from({ length: count }, (_, n) => {
    const session = sessionId(1 + load * 2_000_000 + (n % sessions))
    for (;;) {
      const post = postId(1 + Math.floor(random() * POSTS))
      const pair = `${post}|${session}`
      if (pairs.has(pair)) continue
      pairs.add(pair)
      return { post, session }
    }
  })
}

/** A small generator of random numbers from 0 to 1 by Tommy Ettinger. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
