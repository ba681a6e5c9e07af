import { refused } from './kept-press'
import type { Press, Refusal } from './outbox'
import type { PostLikes } from './post'
import { restamp } from './restamp'
import { explainChange } from './session-change'
import type { LikesStore } from './store'
import { LikesRefused } from './transport'

const RETRY_MS = 1000
const RETRY_MAX_MS = 15_000

/** A request of this press has brought a refusal or no answer. */
export async function fail(store: LikesStore, post: PostLikes, failed: Press, error: unknown): Promise<void> {
  const { transport, clock, ops } = store
  const { op, ack, session, failures = 0 } = failed
  const { code, message, retryAfterMs } = error as Refusal
  if (!(error instanceof LikesRefused)) return retry(1 + Math.random() / 4)
  if (code === 'op_ahead' && !failed.isRestamped) {
    refused(store, post, op, session)
    const age = clock.now() - failed.at
    const restamped = await restamp(transport, { ...failed, postId: post.postId, age }, error)
    if (post.intent() !== failed) return
    if (!restamped) return giveUp()
    ops.set(post.postId, restamped, session)
    return post.show({ ...failed, op: restamped, phase: 'saving', isRestamped: true }, post.refusal())
  }
  // What is sent again, or may have arrived before, is not given up for coming too soon.
  if ((ack || failures) && retryAfterMs) return retry(1)
  // Of another session: it is kept until that one comes back.
  const isElsewhere = code === 'session_changed'
  if (!isElsewhere) refused(store, post, op, session)
  // What is sent again was not pressed now.
  if (ack) giveUp(post.refusal(), isElsewhere)
  else giveUp({ code, message: isElsewhere ? explainChange(store, message) : message, retryAfterMs })

  function retry(spread: number): void {
    // Pages that lost the same server do not come back all at once.
    const pause = Math.min(RETRY_MS * 2 ** failures, RETRY_MAX_MS) * (1 - Math.random() / 4)
    post.retryIn(Math.max(pause, (retryAfterMs ?? 0) * spread), failed)
  }

  /** An earlier press may have arrived, and only its answer have been lost: the server is asked. */
  function giveUp(why = post.refusal(), isKnown = false): void {
    post.show(undefined, why)
    if (!isKnown) post.read().catch(() => {})
  }
}
