import { type RefObject, useEffect, useState } from 'react'

/** A finger does not hover: so long after its last touch the next tap is not meant for what is there now. */
const TOUCH_REST_MS = 1500

/** Whether a person has something to do with an element right now: a pointer over it, a finger, or keyboard focus. */
export function useHold(ref: RefObject<HTMLElement | null>): boolean {
  const [pointer, setPointer] = useState(false)
  const [focus, setFocus] = useState(false)

  useEffect(() => {
    const element = ref.current
    if (!element) return
    const abort = new AbortController()
    const on = <K extends keyof HTMLElementEventMap>(
      type: K,
      listen: (event: HTMLElementEventMap[K]) => void,
    ) => element.addEventListener(type, listen, { signal: abort.signal, passive: true })
    let rest: ReturnType<typeof setTimeout> | undefined
    const leave = () => setPointer(false)

    on('pointerover', () => {
      clearTimeout(rest)
      setPointer(true)
    })
    on('pointerleave', event => {
      clearTimeout(rest)
      if (event.pointerType === 'touch') rest = setTimeout(leave, TOUCH_REST_MS)
      else leave()
    })
    on('focusin', event => setFocus((event.target as HTMLElement).matches(':focus-visible')))
    on('focusout', () => setFocus(false))
    setPointer(element.matches(':hover'))
    return () => {
      abort.abort()
      clearTimeout(rest)
    }
  }, [ref])

  return pointer || focus
}
