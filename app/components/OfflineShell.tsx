'use client'

import { useEffect, useSyncExternalStore } from 'react'
import { OfflineBar } from './OfflineBar'
import { keepPagesForLater, keptAt } from './offline-pages'

/** Keeps the last pages for when the server cannot be reached, and says so while it cannot, and of a page that is old. */
export function OfflineShell() {
  useEffect(keepPagesForLater, [])
  const isOffline = useSyncExternalStore(onNetwork, () => !navigator.onLine, never)
  const isOld = useSyncExternalStore(onNetwork, () => keptAt() !== null, never)
  return (isOffline || isOld) && <OfflineBar isOffline={isOffline} />
}

const never = () => false

function onNetwork(listener: () => void): () => void {
  for (const event of ['online', 'offline']) addEventListener(event, listener)
  return () => {
    for (const event of ['online', 'offline']) removeEventListener(event, listener)
  }
}
