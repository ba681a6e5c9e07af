'use client'

import { useEffect, useSyncExternalStore } from 'react'
import { OfflineBar } from './OfflineBar'
import { keepPagesForLater } from './offline-pages'

/** Keeps the last pages for when there is no network, and says so while there is none. */
export function OfflineShell() {
  useEffect(keepPagesForLater, [])
  const isOffline = useSyncExternalStore(onNetwork, () => !navigator.onLine, never)
  return isOffline && <OfflineBar />
}

const never = () => false

function onNetwork(listener: () => void): () => void {
  for (const event of ['online', 'offline']) addEventListener(event, listener)
  return () => {
    for (const event of ['online', 'offline']) removeEventListener(event, listener)
  }
}
