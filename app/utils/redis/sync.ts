import { createClock, isPostId, isSessionId } from 'onecount'
import { onecount } from '@/app/utils/onecount'

const now = createClock()

/**
 * Makes a like durable: `post_ratings` gets or loses the row and `posts_new.likes` is set from the rows that
 * really changed. Likes made through the engine are drained by themselves; this waits for it, and writes the pair
 * directly where nothing was pending. `newCount` is what the caller believes; a different outcome is logged, never
 * written. Never throws, never blocks a like.
 */
export async function syncLikeToSupabase(
  postId: string,
  sessionId: string,
  isLike: boolean,
  newCount: number,
): Promise<void> {
  await guarded('syncLikeToSupabase', async () => {
    if (!isPostId(postId)) throw new TypeError(`postId ${postId} is no UUID`)
    if (!isSessionId(sessionId)) throw new TypeError(`sessionId ${sessionId} is no id of a session`)
    const { stores, drainer } = onecount.engine()
    if (stores.redis) await drainer.flush().catch(() => {})
    let [state] = await stores.postgres.peek([postId], sessionId)
    if (state && state.liked !== isLike) {
      const [result] = await stores.postgres.write([{ postId, sessionId, op: null, liked: isLike }], now())
      state = result?.status === 'applied' ? result.state : undefined
      drainer.nudge()
    }
    if (!state) console.warn(`[RedisSync] there is no post ${postId}: nothing was written`)
    else if (state.count !== newCount) {
      console.warn(
        `[RedisSync] ${postId} has ${state.count} likes in Postgres, the caller expected ${newCount}`,
      )
    }
  })
}

/** Drains what is pending and builds the post's counter anew: afterwards both stores agree on it. Never throws. */
export async function reconcileCounter(postId: string): Promise<void> {
  await guarded('reconcileCounter', async () => {
    const { stores, drainer, rehydrate } = onecount.engine()
    if (!stores.redis) return
    await drainer.flush()
    await rehydrate(postId)
  })
}

async function guarded(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    console.error(`[RedisSync] ${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
