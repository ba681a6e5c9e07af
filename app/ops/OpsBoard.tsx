'use client'

import { useState } from 'react'
import { Chart, type Series } from './Chart'
import { Facts } from './Facts'
import { Incidents } from './Incidents'
import { rangeOf } from './line'
import { MemoryTable } from './MemoryTable'
import styles from './OpsBoard.module.css'
import type { Report } from './report'
import { Status } from './Status'
import { usePolledReport } from './usePolledReport'
import { formatMs, formatNumber, formatSeconds } from './words'

const PRESSES: Series[] = [
  { name: 'accepted', of: 'presses' },
  { name: 'by Postgres alone', of: 'byPostgres' },
]
const PENDING: Series[] = [{ name: 'waiting', of: 'pending' }]
const OLDEST: Series[] = [{ name: 'age', of: 'oldest' }]
const BATCHES: Series[] = [
  { name: 'ops', of: 'drained' },
  { name: 'batches', of: 'batches' },
]
const STEPS: Series[] = [
  { name: 'sync', of: 'sync' },
  { name: 'collect', of: 'collect' },
  { name: 'settle', of: 'settle' },
]
const HYDRATIONS: Series[] = [
  { name: 'posts', of: 'posts' },
  { name: 'sessions', of: 'sessions' },
]

/** Everything that the server told, and what it tells from now on. Without scripts it is a picture of one moment. */
export function OpsBoard({ first }: { first: Report }) {
  const { report, polling } = usePolledReport(first)
  const [at, setAt] = useState<number | null>(null)
  const { since, now, points } = report
  const { from, minutes } = rangeOf(since, now)
  const shared = { points, from, to: now, minutes, at, onPoint: setAt }
  return (
    <div className={styles.board} id="pictures" tabIndex={-1}>
      <Status report={report} polling={polling} />
      <Incidents incidents={report.incidents} since={since} now={now} />
      <section aria-labelledby="lines" className={styles.section}>
        <h2 id="lines">The last {minutes} minutes</h2>
        <div className={styles.charts}>
          <Chart
            {...shared}
            title="Likes and unlikes, a second"
            unit="a second"
            series={PRESSES}
            least={1}
            format={formatNumber}
          />
          <Chart
            {...shared}
            title="Waiting for Postgres"
            unit="ops"
            series={PENDING}
            least={10}
            format={formatNumber}
          />
          <Chart
            {...shared}
            title="The oldest of them waits for"
            unit=""
            series={OLDEST}
            least={5}
            format={formatSeconds}
          />
          <Chart
            {...shared}
            title="Drained, a second"
            unit="a second"
            series={BATCHES}
            least={1}
            format={formatNumber}
          />
          <Chart {...shared} title="Steps of a batch" unit="" series={STEPS} least={10} format={formatMs} />
          <Chart
            {...shared}
            title="Hydrated, a second"
            unit="a second"
            series={HYDRATIONS}
            least={1}
            format={formatNumber}
          />
        </div>
      </section>
      <Facts report={report} />
      <MemoryTable memory={report.memory} />
    </div>
  )
}
