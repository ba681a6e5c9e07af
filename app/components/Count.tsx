'use client'

import { useEffect, useRef, useState } from 'react'
import styles from './Count.module.css'
import { changedDigits, formatClock, formatCount } from './format'

/** A view that was just revealed shows what is true now; only what changes before one's eyes rolls. */
const SETTLE_MS = 400

interface CountProps {
  value: number | null
  /** When it was known, milliseconds since 1970: given while the server cannot be reached. */
  knownAt?: number
}

/**
 * The number of likes. The text of `[data-like-count]` is the count and nothing else, also while a digit rolls: the one
 * that leaves is drawn by CSS.
 */
export function Count({ value, knownAt }: CountProps) {
  const text = formatCount(value)
  const { roll, onRolled } = useRoll(text)
  const title = titleOf(value, knownAt)
  return (
    <span
      className={styles.count}
      data-muted={value === null || knownAt !== undefined || undefined}
      title={title}
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

function titleOf(value: number | null, knownAt: number | undefined): string | undefined {
  if (value === null) return 'Not known right now'
  return knownAt === undefined ? undefined : `Last known, ${formatClock(knownAt)}`
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
