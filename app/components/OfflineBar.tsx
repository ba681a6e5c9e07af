'use client'

import { useKeptLikes } from 'onecount/react/summary'
import { formatSince } from './format'
import styles from './OfflineBar.module.css'
import { keptAt } from './offline-pages'

/**
 * Where a person stands whose page did not come from the server: what is seen, and what becomes of their hearts.
 * @param isOffline the device has no network; else it is the server that could not be reached
 */
export function OfflineBar({ isOffline }: { isOffline: boolean }) {
  const kept = useKeptLikes()
  const at = keptAt()
  return (
    <p role="status" className={styles.bar}>
      <strong>{isOffline ? 'You are offline' : 'The site could not be reached'}</strong>
      <span>
        {at && `This page is of ${formatSince(at.toISOString(), Date.now())}. `}
        {waiting(kept)}
      </span>
    </p>
  )
}

function waiting(kept: number): string {
  if (kept === 0) return 'Hearts can be pressed: they are sent when you are back.'
  return kept === 1
    ? '1 heart waits, and is sent when you are back.'
    : `${kept} hearts wait, and are sent when you are back.`
}
