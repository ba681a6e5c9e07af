import { likeLabel } from '../react/like-label'
import { shownLikes } from '../react/shown'
import type { LikesStore } from '../react/store'
import type { ObservedLikes, ObserverOptions } from './observe-likes'

/** What the server has rendered of a post, for a component that is hydrated: whatever has come since. */
export function renderedLikes(
  store: LikesStore,
  postId: string,
  { seed, text }: ObserverOptions,
): ObservedLikes {
  const shown = shownLikes(store.post(postId).rendered(seed), undefined)
  return { ...shown, label: (text ?? likeLabel)('label', shown) }
}
