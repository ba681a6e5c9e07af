import type { View } from './post'

/** Posts that are about to be scrolled into view count as seen. */
const MARGIN = '200px'

/** Tells views whether a person can see them, or has scrolled them away. */
export class OnScreen {
  readonly #views = new Map<Element, { view: View; postId: string }>()
  #observer: IntersectionObserver | undefined

  /** `revealed`: a post that could not be seen can be. */
  constructor(private readonly revealed: (postId: string) => void) {}

  observe(postId: string, view: View): void {
    if (!view.element || typeof IntersectionObserver === 'undefined') return
    this.#observer ??= new IntersectionObserver(entries => this.#told(entries), { rootMargin: MARGIN })
    this.#views.set(view.element, { view, postId })
    this.#observer.observe(view.element)
  }

  forget(element: Element): void {
    this.#views.delete(element)
    this.#observer?.unobserve(element)
  }

  #told(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const { view, postId } = this.#views.get(target) ?? {}
      if (!view || !postId || view.isSeen === isIntersecting) continue
      view.isSeen = isIntersecting
      if (isIntersecting) this.revealed(postId)
    }
  }
}
