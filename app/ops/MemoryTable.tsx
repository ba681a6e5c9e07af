import styles from './MemoryTable.module.css'
import type { RedisMemory } from './memory'
import sections from './OpsBoard.module.css'
import { formatBytes, formatNumber } from './words'

/** What Redis holds in memory, by kind of key; a text: why that is not known. */
export function MemoryTable({ memory }: { memory: RedisMemory | string }) {
  return (
    <section aria-labelledby="memory" className={sections.section}>
      <h2 id="memory">Memory of Redis</h2>
      {typeof memory === 'string' ? <p className={styles.text}>{memory}</p> : <Known {...memory} />}
    </section>
  )
}

function Known({ used, limit, policy, keys, kinds }: RedisMemory) {
  const isEvicting = policy !== null && policy !== 'noeviction'
  const most = Math.max(1, ...kinds.map(kind => kind.most))
  return (
    <div className={styles.known}>
      <div className={styles.text}>
        <p>
          <b>{formatBytes(used)}</b> in {formatNumber(keys)} keys of every program;{' '}
          {limit > 0 ? `the limit is ${formatBytes(limit)}.` : 'no limit is set.'}
        </p>
        {isEvicting && (
          <p>
            <strong>
              It evicts keys (<code>maxmemory-policy {policy}</code>): set <code>noeviction</code>.
            </strong>
          </p>
        )}
        <p className={styles.note}>Of posts and sessions a few keys are sampled, whatever there are.</p>
      </div>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Keys</th>
            <th scope="col">Mean</th>
            <th scope="col">Largest</th>
          </tr>
        </thead>
        <tbody>
          {kinds.map(({ name, holds, sampled, isAll, mean, most: largest }) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
                <span>
                  {holds}
                  {!isAll && `; ${sampled} sampled`}
                </span>
              </th>
              <td>{formatBytes(mean)}</td>
              <td>
                {formatBytes(largest)}
                <svg className={styles.bar} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                  <rect width="100" height="4" />
                  <rect width={share(largest, most)} height="4" />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Between a key of a hundred bytes and the largest one, by the number of digits. */
const share = (bytes: number, most: number): number =>
  Math.max(2, Math.round((100 * Math.log(bytes / 50)) / Math.log(Math.max(most, 100) / 50)))
