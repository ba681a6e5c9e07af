import type { LikeInput } from './registers'
import type { LikesStore } from './store'

/** Tabs of one browser have one session, so what one of them was answered is true in all of them. */
export function shareBetweenTabs(store: LikesStore, name = 'onecount'): () => void {
  if (typeof BroadcastChannel === 'undefined') return () => {}
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }: MessageEvent<{ postId: string; input: LikeInput }>) => {
    if (store.entry(data.postId)) store.receive(data.postId, data.input)
  }
  const stop = store.onAcknowledged((postId, input) => channel.postMessage({ postId, input }))
  return () => {
    stop()
    channel.close()
  }
}
