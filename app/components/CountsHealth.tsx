'use client'

import type { LikesStatus } from 'onecount/react'
import { useLikesStatus } from 'onecount/react/summary'
import styles from './CountsHealth.module.css'

const WORDS: Record<LikesStatus, { title: string; text: string }> = {
  exact: { title: 'Exact', text: 'Each picture has one number, the same in every view and for everybody.' },
  saving: { title: 'Saving', text: 'Your like is on its way. It is shown at once, and saved in a moment.' },
  retrying: {
    title: 'Not saved yet',
    text: 'Your like is kept on this page and sent again until it is saved. It counts once.',
  },
  lagging: {
    title: 'Catching up',
    text: 'These numbers may be a moment behind: one of the stores does not answer. Your likes are in them.',
  },
  'last-known': {
    title: 'Last known',
    text: 'The server cannot be reached. These are the last numbers that were heard.',
  },
  unknown: {
    title: 'Unknown',
    text: 'A dash is a number that is not known right now. It is never a guess.',
  },
}

/** What the numbers on this page are worth at this moment, in words: on a phone one word, and the rest on a tap. */
export function CountsHealth() {
  const status = useLikesStatus()
  const { title, text } = WORDS[status]
  return (
    <section aria-label="About the numbers" className={styles.card} data-status={status}>
      <details>
        <summary>
          <h2 className={styles.title}>{title}</h2>
        </summary>
        <p className={styles.text}>{text}</p>
      </details>
    </section>
  )
}
