import type { AbsentPosts } from './absent-posts'
import type { Ack } from './ack'
import { OnecountError } from './errors'
import type { Partition } from './partition'
import type { WriteState } from './types'
import { withTimeout } from './with-timeout'

interface AcknowledgeOptions {
  partOf(postId: string): Partition
  absent: AbsentPosts
  /** What is shown of a state. */
  view(state: WriteState): WriteState
  deadlineMs: number
}

/**
 * Answers a press once it is as durable as `ack` asks for, and within the deadline: repeating it with its op does no
 * harm. @throws OnecountError `unavailable`, and whatever the write throws
 */
export function createAcknowledge({ partOf, absent, view, deadlineMs }: AcknowledgeOptions) {
  async function untilDurable(
    postId: string,
    sessionId: string,
    write: Promise<WriteState>,
    ack: Ack,
  ): Promise<WriteState> {
    try {
      const state = view(await write)
      if (state.durable) return state
      const { committer, loop } = partOf(postId)
      if (ack === 'postgres') {
        await committer.untilDurable({ postId, sessionId, op: state.op })
        return { ...state, durable: true }
      }
      loop.nudge()
      return state
    } catch (error) {
      if (error instanceof OnecountError && error.code === 'post_not_found') absent.add(postId)
      throw error
    }
  }

  return (postId: string, sessionId: string, write: Promise<WriteState>, ack: Ack): Promise<WriteState> =>
    withTimeout(untilDurable(postId, sessionId, write, ack), deadlineMs, () => {
      throw new OnecountError('unavailable', { detail: `no store answered within ${deadlineMs} ms` })
    })
}
