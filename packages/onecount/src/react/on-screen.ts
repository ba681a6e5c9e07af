/** Posts that are about to be scrolled into view count as seen. */
const MARGIN = '200px'

interface View {
  postId: string
  element: Element | null
  /** Until the browser has told, and where no element was given, a view that is mounted is seen. */
  isSeen: boolean
}

export interface MountedView {
  /** Where the view is; null when it is gone. */
  watch(element: Element | null): void
  /** The view is there, and not in a hidden part of the page. Returns what takes it away. */
  mount(): () => void
}

/** Which posts a person can see: views that are mounted, not in a route that is kept hidden, and not scrolled away. */
export class OnScreen {
  /** By post, its views that are mounted. */
  readonly #mounted = new Map<string, Set<View>>()
  readonly #views = new Map<Element, View>()
  #observer: IntersectionObserver | undefined

  /** `revealed`: a post that could not be seen can be. */
  constructor(private readonly revealed: (postId: string) => void) {}

  /** Of a post that has no such view nothing can be told: whatever shows it is taken to be seen. */
  has = (postId: string): boolean => {
    const views = this.#mounted.get(postId)
    return !views || [...views].some(view => view.isSeen)
  }

  view(postId: string): MountedView {
    const view: View = { postId, element: null, isSeen: true }
    return {
      watch: element => {
        if (view.element) this.#forget(view.element)
        view.element = element
        view.isSeen = true
        if (element) this.#watch(element, view)
      },
      mount: () => {
        const views = this.#mounted.get(postId) ?? new Set()
        this.#mounted.set(postId, views.add(view))
        return () => {
          views.delete(view)
          if (views.size === 0) this.#mounted.delete(postId)
        }
      },
    }
  }

  #watch(element: Element, view: View): void {
    if (typeof IntersectionObserver === 'undefined') return
    this.#observer ??= new IntersectionObserver(entries => this.#told(entries), { rootMargin: MARGIN })
    this.#views.set(element, view)
    this.#observer.observe(element)
  }

  #forget(element: Element): void {
    this.#views.delete(element)
    this.#observer?.unobserve(element)
  }

  #told(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const view = this.#views.get(target)
      if (!view || view.isSeen === isIntersecting) continue
      view.isSeen = isIntersecting
      if (isIntersecting) this.revealed(view.postId)
    }
  }
}
