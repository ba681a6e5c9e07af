'use client'

import { useState } from 'react'
import { useLikesStore } from './provider'

/**
 * Tells the browser the server's time before the first press: `now` is `Date.now()` where the server rendered this, in
 * the part of the page that is rendered for each request. Renders nothing.
 */
export function LikesClock({ now }: { now: number }): null {
  const { transport } = useLikesStore()
  // While rendering: an effect could come after a press on a part of the page that is ready earlier.
  useState(() => {
    if (typeof window !== 'undefined' && Number.isSafeInteger(now)) transport.clock?.notePage(now)
  })
  return null
}
