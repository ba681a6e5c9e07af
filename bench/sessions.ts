import type { Onecount } from 'onecount'
import { sessionId } from './ratings'
import { postId } from './stores'

/** Sessions that are brought into Redis at once. */
const AT_ONCE = 20

/** Brings into Redis what sessions 1 to `count` like, as their first page does. */
export async function warmSessions(onecount: Onecount, count: number): Promise<void> {
  for (let first = 1; first <= count; first += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - first + 1) }, (_, i) => sessionId(first + i))
    await Promise.all(some.map(session => onecount.read([postId(1)], session)))
  }
}
