'use client'

import { useEffect, useSyncExternalStore } from 'react'
import { OfflineBar } from './OfflineBar'
import { keepPagesForLater, keptAt } from './offline-pages'

/** Keeps the last pages for when the server cannot be reached, and says so while it cannot, and of a page that is old. */
export function OfflineShell() {
  useEffect(keepPagesForLater, [])
  const state = useSyncExternalStore(onNetwork, readState, () => null)
  return state && <OfflineBar isOffline={state === 'offline'} />
}

/** `old`: the page is one that was kept, though the device has a network. */
const readState = () => (navigator.onLine ? keptAt() && 'old' : 'offline')

function onNetwork(listener: () => void): () => void {
  for (const event of ['online', 'offline']) addEventListener(event, listener)
  return () => {
    for (const event of ['online', 'offline']) removeEventListener(event, listener)
  }
}
