'use client'

import { useLayoutEffect, useRef } from 'react'

/** Mounted regions, the innermost last: an open dialog makes everything outside it inert, live regions too. */
const regions: HTMLElement[] = []

/** Where changes of one's own are told to people who listen. Others' changes are not. */
export function Announcer() {
  const ref = useRef<HTMLParagraphElement>(null)
  useLayoutEffect(() => {
    const region = ref.current!
    regions.push(region)
    return () => {
      regions.splice(regions.indexOf(region), 1)
      region.textContent = ''
    }
  }, [])
  return <p ref={ref} className="visually-hidden" role="status" aria-live="polite" aria-atomic="true" />
}

/** Says `text` politely: after what is being read out, instead of what was announced before. */
export function announce(text: string): void {
  const region = regions.at(-1)
  if (region) region.textContent = text
}
