import styles from './Incidents.module.css'
import { INCIDENTS, type Incident } from './incidents'
import sections from './OpsBoard.module.css'
import { Prose } from './Prose'
import { formatMoment, formatSeconds } from './words'

interface IncidentsProps {
  incidents: readonly Incident[]
  since: number
  now: number
}

/** What is and was wrong, newest first, and what to do while it lasts. */
export function Incidents({ incidents, since, now }: IncidentsProps) {
  return (
    <section aria-labelledby="incidents" className={sections.section}>
      <h2 id="incidents">Incidents</h2>
      {incidents.length === 0 ? (
        <p className={styles.none}>
          None in the {formatSeconds((now - since) / 1000)} since this process began.
        </p>
      ) : (
        <ul className={styles.list}>
          {incidents.map(incident => (
            <Item key={`${incident.id} ${incident.since}`} incident={incident} now={now} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Item({ incident: { id, since, until }, now }: { incident: Incident; now: number }) {
  const { title, means, todo } = INCIDENTS[id]
  const isOpen = until === null
  return (
    <li className={styles.item} data-open={isOpen || undefined}>
      <div className={styles.head}>
        <h3>{title}</h3>
        <p className={styles.when}>
          {isOpen ? 'Since ' : ''}
          <time dateTime={new Date(since).toISOString()}>{formatMoment(since, now)}</time>
          {', '}
          {isOpen ? 'now for ' : 'for '}
          {formatSeconds(((until ?? now) - since) / 1000)}
        </p>
      </div>
      {isOpen ? (
        <Words means={means} todo={todo} />
      ) : (
        <details className={styles.over}>
          <summary>
            What it meant, and what to do<span className="visually-hidden">: {title}</span>
          </summary>
          <Words means={means} todo={todo} />
        </details>
      )}
    </li>
  )
}

const Words = ({ means, todo }: { means: string; todo: string }) => (
  <div className={styles.words}>
    <p>
      <Prose text={means} />
    </p>
    <p>
      <b>What to do. </b>
      <Prose text={todo} />
    </p>
  </div>
)
