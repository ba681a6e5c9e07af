import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { keepOrder } from './rank-order'

const GLIDE = { duration: 180, easing: 'cubic-bezier(0.2, 0.8, 0.2, 1)' }

type Places = Map<string, { left: number; top: number }>

/**
 * Takes over a wanted order as soon as no pointer or focus holds the container, and lets its children glide from where
 * they were.
 * @param wanted ids of the children, each marked `data-glide`
 * @returns the order to show
 */
export function useGlide(ref: RefObject<HTMLElement | null>, wanted: string[], held: boolean): string[] {
  const [shown, setShown] = useState(wanted)
  const before = useRef<{ places: Places; focused: Element | null } | null>(null)
  const key = wanted.join()

  // Appended posts come last at first, so that nothing moves under a pointer.
  const order = keepOrder(shown, wanted)
  const orderKey = order.join()
  const shownKey = shown.join()
  const isDue = !held && orderKey !== key

  useEffect(() => {
    if (!isDue && orderKey === shownKey) return
    const container = ref.current
    if (isDue && container) {
      const focused = container.contains(document.activeElement) ? document.activeElement : null
      before.current = { places: placesOf(container), focused }
    }
    setShown((isDue ? key : orderKey).split(','))
  }, [ref, isDue, key, orderKey, shownKey])

  useLayoutEffect(() => {
    const { current: from } = before
    const container = ref.current
    before.current = null
    if (!from || !container || shown.length === 0) return
    // A node that is put elsewhere loses the focus.
    if (from.focused instanceof HTMLElement) from.focused.focus({ preventScroll: true })
    if (!matchMedia('(prefers-reduced-motion: reduce)').matches) glide(container, from.places)
  }, [ref, shown])

  return order
}

const childrenOf = (container: HTMLElement) => container.querySelectorAll<HTMLElement>('[data-glide]')

function placesOf(container: HTMLElement): Places {
  return new Map(
    [...childrenOf(container)].map(child => [
      child.dataset.glide!,
      { left: child.offsetLeft, top: child.offsetTop },
    ]),
  )
}

function glide(container: HTMLElement, from: Places): void {
  for (const child of childrenOf(container)) {
    const place = from.get(child.dataset.glide!)
    if (!place) continue
    const x = place.left - child.offsetLeft
    const y = place.top - child.offsetTop
    if (x || y) child.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: 'none' }], GLIDE)
  }
}
