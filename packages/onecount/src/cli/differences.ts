import { formatTable } from './table'
import type { Difference } from './verify'

/** Sessions that are named in a cell; the rest is counted. */
const NAMED = 3

const sessions = (ids: string[]): string =>
  ids.length === 0
    ? ''
    : `${ids.slice(0, NAMED).join(' ')}${ids.length > NAMED ? ` and ${ids.length - NAMED} more` : ''}`

/** A line for each post, with what only one of the stores has. */
export function formatDifferences(differences: readonly Difference[]): string {
  return formatTable(
    [
      ['post', 'Redis', 'Postgres', 'likes only in Redis', 'likes only in Postgres'],
      ...differences.map(({ postId, redisCount, postgresCount, onlyRedis, onlyPostgres }) => [
        postId,
        String(redisCount ?? 'none'),
        String(postgresCount),
        sessions(onlyRedis),
        sessions(onlyPostgres),
      ]),
    ],
    [1, 2],
  )
}
