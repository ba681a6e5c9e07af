import type { LikeInput } from './registers'
import type { LikesStore } from './store'

/**
 * Reads these posts; the server refuses a whole question for one id that no post of its kind can have. Asks again by
 * halves then, and hands over each id that is refused by itself.
 *
 * @throws what `read` throws, unless an id is malformed
 */
export async function readByHalves(
  postIds: string[],
  read: (postIds: string[]) => Promise<void>,
  refuse: (postId: string, error: Error) => void,
): Promise<void> {
  try {
    await read(postIds)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'invalid_post_id') throw error
    const half = postIds.length >> 1
    if (half === 0) return refuse(postIds[0]!, error as Error)
    await readByHalves(postIds.slice(0, half), read, refuse)
    await readByHalves(postIds.slice(half), read, refuse)
  }
}

let hasSaid = false

/**
 * What the server says of these posts, which it has refused to answer together. One whose id is malformed does not
 * exist, and this page asks for it no more.
 *
 * @throws `error`, unless it is about one malformed id of several; of one post alone its view says what is wrong
 */
export async function readApart(
  store: LikesStore,
  postIds: string[],
  error: unknown,
): Promise<Map<string, LikeInput>> {
  if (postIds.length === 1) throw error
  const found = new Map<string, LikeInput>()
  await readByHalves(
    postIds,
    async ids => {
      // That was asked already.
      if (ids === postIds) throw error
      for (const [postId, said] of await store.transport.read(ids)) found.set(postId, said)
    },
    (postId, { message }) => {
      store.post(postId).isMalformed = true
      if (!hasSaid) console.error(`onecount: "${postId}" is no id of a post: ${message}`)
      hasSaid = true
    },
  )
  return found
}
