'use client'

import type { LikesStatus } from 'onecount/react'
import { useEffect, useRef, useState } from 'react'
import styles from './Count.module.css'
import { changedDigits, formatClock, formatCount, SHORTENED_FROM } from './format'

/** A view that was just revealed shows what is true now; only what changes before one's eyes rolls. */
const SETTLE_MS = 400

interface CountProps {
  value: number | null
  /** What the number is worth; left out: exact. */
  status?: LikesStatus
  /** When it was heard, milliseconds since 1970. */
  knownAt?: number
}

/**
 * The number of likes. The text of `[data-like-count]` is the count and nothing else, also while a digit rolls: the one
 * that leaves is drawn by CSS.
 */
export function Count({ value, status = 'exact', knownAt }: CountProps) {
  const text = formatCount(value)
  const { roll, onRolled } = useRoll(text)
  const title = titleOf(value, status, knownAt)
  return (
    <span
      className={styles.count}
      data-muted={title !== undefined || undefined}
      title={title ?? exactWhereShortened(value)}
    >
      <span data-like-count>
        {roll ? (
          <>
            {roll.head}
            <span
              key={roll.to}
              className={styles.digits}
              data-from={roll.from}
              data-up={roll.to > roll.from || undefined}
              onAnimationEnd={onRolled}
            >
              {roll.to}
            </span>
          </>
        ) : (
          text
        )}
      </span>
      <span className="visually-hidden">{value === 1 ? ' like' : ' likes'}</span>
      {title && <span className="visually-hidden">, {title}</span>}
    </span>
  )
}

/** `12,345` for `12.3 K`; nothing where the count stands there in full. */
const exactWhereShortened = (value: number | null) =>
  value === null || value < SHORTENED_FROM ? undefined : value.toLocaleString('en')

/** Only where it is not exact. */
function titleOf(value: number | null, status: LikesStatus, knownAt = 0): string | undefined {
  if (value === null) return 'Not known right now'
  if (status === 'lagging') return 'Catching up, may be a moment behind'
  return status === 'last-known' ? `Last known, ${formatClock(knownAt)}` : undefined
}

function useRoll(text: string) {
  const settled = useRef(false)
  const [shown, setShown] = useState<{ text: string; roll: ReturnType<typeof changedDigits> }>({
    text,
    roll: null,
  })
  useEffect(() => {
    const timer = setTimeout(() => {
      settled.current = true
    }, SETTLE_MS)
    return () => {
      clearTimeout(timer)
      settled.current = false
    }
  }, [])
  let { roll } = shown
  if (shown.text !== text) {
    roll = settled.current ? changedDigits(shown.text, text) : null
    setShown({ text, roll })
  }
  return { roll, onRolled: () => setShown({ text, roll: null }) }
}
