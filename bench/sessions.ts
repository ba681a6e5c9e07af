import type { Onecount } from 'onecount'
import { sessionId } from './ratings'
import { postId } from './stores'

/** Sessions that are brought into Redis at once. */
const AT_ONCE = 20

/** Brings into Redis what `count` sessions from `from` on like, as their first page does. */
export async function warmSessions(onecount: Onecount, count: number, from = 1): Promise<void> {
  for (let n = 0; n < count; n += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - n) }, (_, i) => sessionId(from + n + i))
    await Promise.all(some.map(session => onecount.read([postId(1)], session)))
  }
}
