import { createHttpTransport } from '../react/http-transport'
import { LikesStore } from '../react/store'
import type { LikesTransport } from '../react/transport'
import { type LikesObserver, type ObserverOptions, observeLikes } from './observe-likes'
import { Queries } from './queries'

/** Options of {@link createLikes}. */
export interface LikesOptions {
  /**
   * Which kind of likes these are, as the server names it; with a transport of its own.
   * @default 'like'
   */
  kind?: string
  /**
   * How the server is reached.
   * @default `createHttpTransport()`, the HTTP API at /api/likes
   */
  transport?: LikesTransport
}

/** The likes of one kind in one page, for every view of it. */
export interface Likes {
  /** `like`, where it is not another one. */
  readonly kind: string
  /** For `hint`, and for authors of a binding. */
  readonly store: LikesStore<Queries>
  /**
   * The likes of one post as a view shows them. Sends no request before the first subscriber, so a server may call it
   * too.
   * @example
   * const like = likes.observe(post.id, { seed: post.likes })
   */
  observe(postId: string, options?: ObserverOptions): LikesObserver
  /**
   * Ends what looks after the page: reads in the background, other tabs. A press that is on its way is still sent.
   * @example
   * likes.stop()
   */
  stop(): void
}

/**
 * The likes of a page, without a framework: the store that `onecount/react` has, on a cache of its own. Once a page and
 * kind; on a server once a request, as it holds what one person likes.
 *
 * @example
 * const likes = createLikes()
 * const like = likes.observe(post.id, { seed: post.likes })
 * like.subscribe(({ count, liked }) => {
 *   button.textContent = `${liked ? '♥' : '♡'} ${count ?? '–'}`
 *   button.setAttribute('aria-pressed', String(liked))
 * })
 * button.onclick = like.press
 *
 * @throws Error for a kind without a transport
 */
export function createLikes({ kind, transport }: LikesOptions = {}): Likes {
  // The API of likes would take them for likes.
  if (kind && !transport) throw new Error(`Likes of the kind ${kind} need a transport`)
  const queries = new Queries()
  const store = new LikesStore(queries, transport ?? createHttpTransport(), kind)
  let end: (() => void) | undefined

  /** From the first view on: a server has none. */
  function start(): void {
    if (end) return
    const stop = store.start()
    document.addEventListener('visibilitychange', revealed)
    end = () => {
      stop()
      document.removeEventListener('visibilitychange', revealed)
    }
  }

  /** Nothing was read while the page was hidden. */
  function revealed(): void {
    if (document.visibilityState === 'visible')
      queries.refetchQueries(
        { type: 'active', predicate: query => !store.post(String(query.queryKey[1])).isFresh() },
        { cancelRefetch: false },
      )
  }

  return {
    kind: store.kind,
    store,
    observe: (postId, options) => observeLikes(store, postId, start, options),
    stop() {
      end?.()
      end = undefined
    },
  }
}
