import type { LikeInput } from './registers'
import type { LikesStore } from './store'

/**
 * Tabs of one browser have one session, so what one of them was answered is true in all of them. A page that goes into
 * the back/forward cache hears nothing meanwhile: a message to it would throw it out of there.
 */
export function shareBetweenTabs(store: LikesStore, name = 'onecount'): () => void {
  if (typeof BroadcastChannel === 'undefined') return () => {}
  let channel: BroadcastChannel | undefined
  const open = () => {
    channel ??= new BroadcastChannel(name)
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (isMessage(data)) store.hear(data.postId, data.input)
    }
  }
  const close = () => {
    channel?.close()
    channel = undefined
  }
  open()
  const stop = store.onAcknowledged((postId, input) => channel?.postMessage({ postId, input }))
  window.addEventListener('pagehide', close)
  window.addEventListener('pageshow', open)
  return () => {
    stop()
    close()
    window.removeEventListener('pagehide', close)
    window.removeEventListener('pageshow', open)
  }
}

/** Anything of this origin can write to the channel. */
function isMessage(data: unknown): data is { postId: string; input: LikeInput } {
  const { postId, input } = (data ?? {}) as { postId?: unknown; input?: unknown }
  return typeof postId === 'string' && typeof input === 'object' && input !== null
}
