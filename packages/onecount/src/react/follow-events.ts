import { postsOnScreen, refetch } from './on-page'
import { Rereader } from './rereader'
import type { LikesStore } from './store'

/** From now on events come in: what they do not explain is read again at a bounded rate. */
export function followEvents(store: LikesStore): Rereader {
  store.rereader ??= new Rereader({
    waitMs: () => store.transport.waitMs?.() ?? 0,
    now: () => store.clock.now(),
    onScreen: () => new Set(postsOnScreen(store, 'all')),
    read: postIds => refetch(store, postIds, true),
  })
  return store.rereader
}
