import Link from 'next/link'
import type { ReactNode } from 'react'
import styles from './Facts.module.css'
import type { Stores } from './figures'
import sections from './OpsBoard.module.css'
import type { Refused } from './refused'
import type { Report } from './report'
import { formatNumber, formatSeconds } from './words'

const STATES = { up: 'Up', down: 'Down', off: 'Not set up' }
const PAUSES: Record<string, string> = {
  unreachable: 'A store did not answer this process',
  refused: 'Postgres refuses every op',
  foreign: 'Postgres belongs to another Redis',
  failed: 'An error of this process: see its log',
}

/** What the stores say at this moment. */
export function Facts({ report: { stores, refused, now } }: { report: Report }) {
  if (!stores) return null
  const { said } = stores
  const { redis, postgres, isBreakerOpen, drift } = said
  return (
    <section aria-labelledby="facts" className={sections.section}>
      <h2 id="facts">Stores and drain</h2>
      <dl className={styles.facts}>
        <Fact name="Redis" value={STATES[redis]} isWrong={redis === 'down'}>
          {redis !== 'off' &&
            `Breaker ${isBreakerOpen ? 'open: it is asked again twice a second' : 'closed'}`}
        </Fact>
        <Fact name="Postgres" value={STATES[postgres]} isWrong={postgres === 'down'}>
          {said.unseen !== null && `${formatNumber(said.unseen)} ops that Redis has not seen`}
        </Fact>
        <Fact name="Drain" value={said.paused ? 'Paused' : 'Runs'} isWrong={said.paused !== null}>
          {drainOf(said, now)}
        </Fact>
        <Fact name="Drift" value={driftOf(said)} isWrong={(drift.differing ?? 0) > 0}>
          {drift.checkedAt === null
            ? 'No check of a sample has ended yet'
            : `Checked ${formatSeconds((now - drift.checkedAt) / 1000)} ago; ${formatNumber(drift.compared)} compared so far`}
          {drift.failures > 0 && `, ${formatNumber(drift.failures)} checks without a result`}
        </Fact>
        <Fact name="Set aside" value={setAsideOf(said)} isWrong={(said.refused ?? 0) > 0}>
          Ops that Postgres refused
        </Fact>
        <Fact name="Realtime" value="Not measured">
          By this server. <Link href="/demo">Follow one like</Link> measures it in a browser
        </Fact>
      </dl>
      {refused && refused.groups.length > 0 && <RefusedTable {...refused} />}
    </section>
  )
}

interface FactProps {
  name: string
  value: string
  isWrong?: boolean
  children?: ReactNode
}

const Fact = ({ name, value, isWrong = false, children }: FactProps) => (
  <div className={styles.fact} data-wrong={isWrong || undefined}>
    <dt>{name}</dt>
    <dd className={styles.value}>{value}</dd>
    <dd className={styles.note}>{children}</dd>
  </div>
)

function drainOf({ paused, drainedAt }: Stores, now: number): string {
  if (paused) return PAUSES[paused] ?? paused
  return drainedAt === null
    ? 'This process has not drained'
    : `This process drained ${formatSeconds((now - drainedAt) / 1000)} ago`
}

const driftOf = ({ drift: { differing } }: Stores): string =>
  differing === null ? 'Not known yet' : differing === 0 ? 'None' : `${formatNumber(differing)} posts differ`

const setAsideOf = ({ refused }: Stores): string =>
  refused === null
    ? 'Not known'
    : refused === 0
      ? 'None'
      : `${formatNumber(refused)}${refused >= 1000 ? ' or more' : ''}`

/** Why Postgres refused, and how often; never whose press it was. */
const RefusedTable = ({ groups, hasMore }: Refused) => (
  <div className={styles.refused}>
    <table>
      <caption>
        Refused, by reason. <code>npx onecount refused</code> lists each{hasMore && ', and more than these'}.
      </caption>
      <thead>
        <tr>
          <th scope="col">Reason</th>
          <th scope="col">Ops</th>
        </tr>
      </thead>
      <tbody>
        {groups.map(({ sqlstate, message, ops, lastAt }) => (
          <tr key={`${sqlstate} ${message}`}>
            <td>
              {message} <code>{sqlstate}</code>
              <br />
              <small>last {lastAt.slice(0, 19).replace('T', ' ')} UTC</small>
            </td>
            <td>{formatNumber(ops)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)
