/** What the script in the page reports; the recorder adds which tab it came from. */
export type PageEntry = {
  /** `shown`: a count as it stands in the page. `press`: a like button was pressed, before anything reacted to it. */
  readonly kind: 'shown' | 'press'
  /** Milliseconds since this document began, and since 1970. */
  readonly at: number
  readonly time: number
  readonly url: string
  /** The post's id where the article carries one (`data-post-id`), and the article's label. */
  readonly postId: string | null
  readonly label: string
  /** What assistive technology would read; for a press, of the button. */
  readonly text: string
  /** False inside a hidden, inert or kept-alive view. */
  readonly visible: boolean
  /** State of the article's like button. */
  readonly pressed: boolean | null
  /** `restored`: the same number, seen again after the back/forward cache brought the document back. */
  readonly why: 'changed' | 'restored'
}

/**
 * Runs in every document before any of its own scripts, and reports each number that an element `[data-like-count]`
 * comes to show. A MutationObserver is called before the browser paints, so it misses nothing that a person sees; a number
 * that exists only between two synchronous changes is never painted.
 *
 * Serialised into the page: uses nothing from outside itself.
 */
export function recordInPage(binding: string): void {
  const report = (entry: PageEntry) =>
    (window as unknown as Record<string, (entry: PageEntry) => void>)[binding]?.(entry)
  let last = new WeakMap<Element, string>()

  const textOf = (element: Element): string => {
    const copy = element.cloneNode(true) as Element
    for (const hidden of copy.querySelectorAll('[aria-hidden="true"]')) hidden.remove()
    return (copy.textContent ?? '').trim()
  }
  const labelOf = (article: Element | null): string => {
    const ids = article?.getAttribute('aria-labelledby')?.split(/\s+/) ?? []
    const labels = ids.map(id => document.getElementById(id)?.textContent?.trim() ?? '')
    return labels.join(' ').trim() || article?.getAttribute('aria-label') || ''
  }
  const isVisible = (element: Element): boolean =>
    element.closest('[hidden], [inert]') === null && element.checkVisibility({ visibilityProperty: true })

  const entryOf = (kind: PageEntry['kind'], element: Element, why: PageEntry['why']): PageEntry => {
    const article = element.closest('article')
    const pressed = article?.querySelector('button[aria-pressed]')?.getAttribute('aria-pressed')
    const at = performance.now()
    return {
      kind,
      at,
      time: performance.timeOrigin + at,
      url: location.pathname + location.search,
      postId: element.closest('[data-post-id]')?.getAttribute('data-post-id') ?? null,
      label: labelOf(article),
      text: textOf(element),
      visible: isVisible(element),
      pressed: pressed == null ? null : pressed === 'true',
      why,
    }
  }
  const scan = (why: PageEntry['why']) => {
    for (const element of document.querySelectorAll('[data-like-count]')) {
      const entry = entryOf('shown', element, why)
      const state = [entry.text, entry.visible && entry.url, entry.postId, entry.label].join('\n')
      if (last.get(element) === state) continue
      last.set(element, state)
      if (why === 'changed' || entry.visible) report(entry)
    }
  }

  new MutationObserver(() => scan('changed')).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: [
      'data-like-count',
      'data-post-id',
      'aria-hidden',
      'aria-label',
      'hidden',
      'inert',
      'style',
      'class',
      'open',
    ],
  })
  window.addEventListener('pageshow', event => {
    if (!event.persisted) return
    last = new WeakMap()
    scan('restored')
  })
  window.addEventListener(
    'click',
    event => {
      const button =
        event.target instanceof Element ? event.target.closest('article button[aria-pressed]') : null
      if (button) report(entryOf('press', button, 'changed'))
    },
    { capture: true },
  )
}
