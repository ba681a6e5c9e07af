'use client'

import type { Stores } from './figures'
import type { Report } from './report'
import styles from './Status.module.css'
import type { Polling } from './usePolledReport'
import { formatSeconds, formatTime } from './words'

const TITLES: Record<Stores['status'], string> = {
  ok: 'All is well',
  degraded: 'Something is wrong',
  down: 'Neither store answers',
}

/** What is going on, in three words, and how old they are. */
export function Status({ report: { stores, now, since }, polling }: { report: Report; polling: Polling }) {
  const status = stores?.said.status
  return (
    <section aria-label="Status" className={styles.status} data-status={status ?? 'unknown'}>
      <h2 role="status" className={styles.title}>
        {status ? TITLES[status] : 'The stores have not been asked yet'}
      </h2>
      <p className={styles.text}>
        {stores && `As the stores said at ${formatTime(stores.at)} UTC. `}
        <Fresh polling={polling} now={now} />
      </p>
      <p className={styles.text}>
        Lines, incidents and counters are those of this server process alone, which began{' '}
        {formatSeconds((now - since) / 1000)} ago and keeps 15 minutes. With several processes, each has its
        own.
      </p>
    </section>
  )
}

function Fresh({ polling, now }: { polling: Polling; now: number }) {
  if (polling === 'late') return <strong>The server does not answer since {formatTime(now)} UTC.</strong>
  if (polling === 'closed')
    return (
      <strong>
        This page is closed. <a href="/ops">Open it again</a>
      </strong>
    )
  return (
    <noscript>
      Without scripts this is how it was then. <a href="/ops">Look again</a>
    </noscript>
  )
}
