import { createLikes, type Likes } from '../client/create-likes'
import type { LikesObserver, ObservedLikes } from '../client/observe-likes'
import { createHttpTransport } from '../react/http-transport'
import type { likeText } from '../react/like-text'
import type { LikeInput } from '../react/registers'
import { SEED_ATTRIBUTES, seedOf } from './attributes'
import { formatCount } from './look'
import { shadowOf } from './shadow'

/** A server imports the module too. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement

const SEEDS: readonly string[] = SEED_ATTRIBUTES

/** By kind and address: all elements of a page share them. */
const all = new Map<string, Likes>()

/**
 * `<one-count post="…">`: the heart and the number of a post. A press shows at once, in every view of the post.
 *
 * Attributes: `post`; `kind` and `api` (as `/api/kinds/bookmark`) for another kind than `like`; and what the server knows
 * (`count`, `liked`, `rev`, `op`, …), as `renderOneCount` of `onecount/element/server` writes them. The element writes
 * `status`: `exact`, `saving`, `retrying`, `lagging`, `last-known` or `unknown`.
 *
 * Parts: `button` (and `liked` while it is), `heart`, `count`. Custom properties: `--one-count-color`,
 * `--one-count-liked-color`, `--one-count-size`, `--one-count-gap`, `--one-count-padding`, `--one-count-radius`,
 * `--one-count-focus`.
 *
 * Event: `one-count-change`, with what is shown in `detail`; it bubbles. `detail.error` says why a press was refused.
 *
 * @example
 * <script type="module" src="/one-count.js"></script>
 * <one-count post="50050001-aaaa-bbbb-cccc-ddddeeee0001" count="446" liked="false"></one-count>
 */
export class OneCount extends Base {
  /** Of the platform. */
  static readonly observedAttributes = ['post', 'kind', 'api', ...SEED_ATTRIBUTES]
  /**
   * Names the button and words the announcements. Set it before elements appear.
   * @default {@link likeText}, English
   */
  static text: typeof likeText | undefined
  /**
   * Writes the number.
   * @default its digits, and a dash for `null`
   */
  static format: (count: number | null) => string = formatCount

  #observer: LikesObserver | undefined
  #leave: (() => void) | undefined
  /** In a document, and not about to be upgraded. */
  #isOpen = false
  /** Attributes that have changed since they were last looked at. */
  readonly #changed = new Set<string>()
  /** Another post was named, and nothing was said of it: count and heart are those of the post before. */
  #isOfAnother = false

  /** The likes of the post as they are shown; undefined while the element is in no document. */
  get likes(): ObservedLikes | undefined {
    return this.#observer?.current()
  }

  /**
   * As if a person pressed the button.
   * @example
   * document.querySelector<OneCount>('one-count')?.press()
   */
  press = (): void => this.#observer?.press()
  /**
   * Sends an unsaved press again now.
   * @example
   * document.querySelector<OneCount>('one-count')?.retry()
   */
  retry = (): void => this.#observer?.retry()

  /** @internal */
  connectedCallback(): void {
    this.#isOpen = true
    this.#observe(this.#seed())
  }

  /** @internal */
  disconnectedCallback(): void {
    this.#isOpen = false
    this.#stop()
  }

  /** @internal */
  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) return
    // Of several attributes that change in turn the last one completes the state. Out of a document it is seen later.
    if (this.#isOpen && this.#changed.size === 0) queueMicrotask(() => this.#follow())
    this.#changed.add(name)
  }

  #follow(): void {
    if (!this.#isOpen) return
    const isOther = [...this.#changed].some(name => !SEEDS.includes(name))
    const seed = this.#seed()
    if (isOther) {
      this.#stop()
      this.#observe(seed)
    } else if (seed) this.#observer?.seed(seed)
  }

  #stop(): void {
    this.#leave?.()
    this.#leave = this.#observer = undefined
  }

  /** What the attributes say of the post; nothing while they tell of the post before. */
  #seed(): LikeInput | undefined {
    if (this.#changed.size > 0) this.#isOfAnother = ![...this.#changed].some(name => SEEDS.includes(name))
    this.#changed.clear()
    return this.#isOfAnother ? undefined : seedOf(name => this.getAttribute(name))
  }

  #observe(seed: LikeInput | undefined): void {
    const postId = this.getAttribute('post')
    if (!postId) return
    const { button, show } = shadowOf(this)
    const observer = likesOf(this).observe(postId, { seed, text: OneCount.text })
    button.onclick = this.press
    this.#observer = observer
    observer.watch(this)
    const stop = observer.subscribe(likes => {
      show(likes, OneCount.format(likes.count))
      this.setAttribute('status', likes.status)
      this.dispatchEvent(
        new CustomEvent('one-count-change', { detail: likes, bubbles: true, composed: true }),
      )
    })
    this.#leave = () => {
      stop()
      observer.watch(null)
    }
  }
}

/** An API at another origin knows a visitor by its cookie, too. */
const withCookies = () => ({ credentials: 'include' }) as const

function likesOf(element: Element): Likes {
  const kind = element.getAttribute('kind') ?? undefined
  const baseUrl = element.getAttribute('api') ?? undefined
  const name = `${kind ?? ''}@${baseUrl ?? ''}`
  const known = all.get(name)
  if (known) return known
  // A kind without an address has no transport, and says so.
  const transport = kind && !baseUrl ? undefined : createHttpTransport({ baseUrl, extra: withCookies })
  const likes = createLikes({ kind, transport })
  all.set(name, likes)
  return likes
}
