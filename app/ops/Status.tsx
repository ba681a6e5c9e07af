'use client'

import type { Stores } from './figures'
import { INCIDENTS } from './incidents'
import type { Report } from './report'
import styles from './Status.module.css'
import type { Polling } from './usePolledReport'
import { formatSeconds, formatTime } from './words'

const TITLES: Record<Stores['status'], string> = {
  ok: 'All is well',
  degraded: 'Something may be wrong',
  down: 'Neither store answers',
}

/** The first of what is wrong, and how much more there is. */
function titleOf({ stores, incidents }: Report): string {
  const [first, ...others] = incidents.filter(({ until }) => until === null)
  if (first) return INCIDENTS[first.id].title + (others.length > 0 ? `, and ${others.length} more` : '')
  return stores ? TITLES[stores.said.status] : 'The stores have not been asked yet'
}

function stateOf({ stores, incidents }: Report): string {
  if (!stores) return 'unknown'
  const isWell = stores.said.status === 'ok' && incidents.every(({ until }) => until !== null)
  return stores.said.status === 'down' ? 'down' : isWell ? 'ok' : 'degraded'
}

/** What is going on, in three words, and how old they are. */
export function Status({ report, polling }: { report: Report; polling: Polling }) {
  const { stores, now, since } = report
  return (
    <section aria-label="Status" className={styles.status} data-status={stateOf(report)}>
      <div role="status">
        <h2 className={styles.title}>{titleOf(report)}</h2>
      </div>
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
