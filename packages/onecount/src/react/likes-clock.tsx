'use client'

import { useState } from 'react'
import { useLikesStores } from './provider'
import { notePage } from './server-clock'

/** Props of `LikesClock`. */
export interface LikesClockProps {
  /** `Date.now()` where the server renders this, in the part of the page that is rendered for each request. */
  now: number
}

/**
 * Tells the browser the server's time before the first press, of whichever kind. Renders
 * nothing.
 * @example
 * <LikesClock now={Date.now()} />
 */
export function LikesClock({ now }: LikesClockProps): null {
  const stores = useLikesStores()
  // While rendering: an effect could come after a press on a part of the page that is ready earlier.
  useState(() => {
    if (typeof window === 'undefined' || !Number.isSafeInteger(now)) return
    for (const { transport } of stores) if (transport.clock) notePage(transport.clock, now)
  })
  return null
}
