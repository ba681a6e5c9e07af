import { isCredible } from './credible'
import { isOfAnother } from './numbers'
import type { LikeInput } from './registers'
import type { LikesStore } from './store'
import { serverTime } from './transport'

/**
 * Tabs of one browser have one session, so what one of them was answered is true in all of them. A page that goes into
 * the back/forward cache hears nothing meanwhile: a message to it would throw it out of there.
 */
export function shareBetweenTabs(store: LikesStore): {
  tell(postId: string, input: LikeInput): void
  leave(): void
} {
  let channel: BroadcastChannel | undefined
  const open = () => {
    try {
      channel ??= new BroadcastChannel(`onecount${store.scope}`)
    } catch {
      // There is none, or the browser refuses it with all storage.
      return
    }
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (isMessage(data)) hear(store, data.postId, data.input)
    }
  }
  const close = () => {
    channel?.close()
    channel = undefined
  }
  open()
  window.addEventListener('pagehide', close)
  window.addEventListener('pageshow', open)
  return {
    tell: (postId, input) => channel?.postMessage({ postId, input }),
    leave() {
      close()
      window.removeEventListener('pagehide', close)
      window.removeEventListener('pageshow', open)
    },
  }
}

/** Merges what another tab of this browser was answered. It may have been asleep since. */
export function hear(store: LikesStore, postId: string, input: LikeInput): void {
  const { entry, receive } = store.post(postId)
  const known = entry()
  if (!known || isOfAnother(input, store) || !isCredible(input, known, serverTime(store.transport))) return
  receive({ ...input, cached: true })
  // A newer press whose revision is lower: a store was replaced, and only an answer tells what is true now.
  if ((input.op ?? 0) > known.op && entry()?.likedRev !== input.rev)
    store.caretaker?.ask(postId, input.rev, true)
}

/** Anything of this origin can write to the channel. */
function isMessage(data: unknown): data is { postId: string; input: LikeInput } {
  const { postId, input } = (data ?? {}) as { postId?: unknown; input?: unknown }
  return typeof postId === 'string' && typeof input === 'object' && input !== null
}
