import { later } from '../react/later'
import { likeLabel } from '../react/like-label'
import type { likeText } from '../react/like-text'
import type { View } from '../react/post'
import type { LikeInput, LikesEntry } from '../react/registers'
import { isUnreachable, type ShownLikes, shownLikes } from '../react/shown'
import type { LikesStore } from '../react/store'
import type { Told } from '../react/tell'
import type { Queries } from './queries'

/** What a view says of a post that it observes. */
export interface ObserverOptions {
  /**
   * What the server rendered; it may be old, its revision says so.
   * @default nothing: the post is read when it is shown
   */
  seed?: LikeInput
  /**
   * Names the button and words the announcements.
   * @default {@link likeText}, English
   */
  text?: typeof likeText
}

/** What a view shows of a post's likes, with the name of its button. */
export interface ObservedLikes extends ShownLikes {
  /** For `aria-label`. */
  label: string
}

/** The likes of one post, for one view. Its functions need no `this`. */
export interface LikesObserver {
  /**
   * What is shown now; the same object until something changes.
   * @example
   * const { count, liked } = like.current()
   */
  current(): ObservedLikes
  /**
   * Calls back at once and with every change. While it is subscribed to, the post is read when the view appears, when
   * the page comes back to the front, and while something is not known. Returns what ends that. On a server, which
   * renders it once, it calls back once and asks nothing.
   * @example
   * const stop = like.subscribe(({ count }) => show(count))
   */
  subscribe(listener: (likes: ObservedLikes) => void): () => void
  /**
   * The person presses the button: `toggle`, and what becomes of it is announced to people who listen.
   * @example
   * button.onclick = like.press
   */
  press(): void
  /**
   * The person likes the post, or takes the like back.
   * @example
   * like.toggle()
   */
  toggle(): void
  /**
   * The person likes the post or not, whatever it was.
   * @example
   * image.ondblclick = () => like.set(true)
   */
  set(liked: boolean): void
  /**
   * Sends an unsaved press again now.
   * @example
   * if (like.current().status === 'retrying') like.retry()
   */
  retry(): void
  /**
   * Puts the message about a refused press away.
   * @example
   * like.dismiss()
   */
  dismiss(): void
  /**
   * What the server has rendered anew; nothing where it is older than what is known.
   * @example
   * like.seed(post.likes)
   */
  seed(input: LikeInput): void
  /**
   * The element that shows the likes: while it is scrolled away the post is not read in the background.
   * @example
   * like.watch(button)
   */
  watch(element: Element | null): void
}

/** @param start called at the first subscriber */
export function observeLikes(
  store: LikesStore<Queries>,
  postId: string,
  start: () => void,
  { seed, text }: ObserverOptions = {},
): LikesObserver {
  const post = store.post(postId)
  const query = store.queryClient.get(post.queryKey)
  const view: View = { isSeen: true }
  const told: Told = {}
  let known: ObservedLikes | undefined
  if (seed && query.state.data === undefined)
    query.state = { ...query.state, status: 'success', data: post.first(seed) }

  function current(): ObservedLikes {
    const { state } = query
    const shown = shownLikes(state.data as LikesEntry | undefined, post.intent(), {
      error: post.refusal(),
      unreachable: isUnreachable(state),
    })
    const knownAt = shown.knownAt && store.clock.toWall(shown.knownAt)
    const next: ObservedLikes = { ...shown, knownAt, label: (text ?? likeLabel)('label', shown) }
    if (!known || !isSame(next, known)) known = next
    return known
  }

  return {
    current,

    subscribe(listener) {
      if (typeof document === 'undefined') {
        listener(current())
        return () => {}
      }
      let last: ObservedLikes | undefined
      const changed = () => {
        const likes = current()
        if (likes === last) return
        last = likes
        if (told.current) later(({ tell }) => tell(told, likes, text))
        listener(likes)
      }
      start()
      if (seed) post.seed(seed)
      post.views.add(view)
      const leave = [
        post.subscribe(changed),
        store.queryClient.getQueryCache().subscribe(event => {
          if (event.query === query) changed()
        }),
        query.show(post.read),
        () => post.views.delete(view),
      ]
      if (query.state.status !== 'success' || !post.isFresh()) query.fetch(false)
      changed()
      openRegion()
      return () => {
        for (const end of leave.splice(0)) end()
      }
    },

    press() {
      told.current = 'effect'
      openRegion()
      post.toggle()
    },
    toggle: post.toggle,
    set: post.set,
    retry: post.retry,
    dismiss: post.dismiss,
    seed: post.seed,

    watch(element) {
      const before = view.element
      Object.assign(view, { element, isSeen: true })
      store.caretaker?.observe(postId, view, before)
    },
  }
}

const isSame = (a: ObservedLikes, b: ObservedLikes): boolean =>
  (Object.keys(a) as (keyof ObservedLikes)[]).every(key => a[key] === b[key])

/** Where announcements will be heard; text that arrives with its region is not read out. */
const openRegion = () => later(({ openRegion }) => void openRegion())
