import { PAIRS_KEPT } from '../compare/found'
import type { Difference } from '../compare/verify'
import { formatTable } from './table'

/** Differences that a command lists; all of them are counted. */
export const LISTED = 100
/** Sessions that are named in a cell; the rest is counted. */
const NAMED = 3

function sessions(ids: string[]): string {
  const named = ids.slice(0, NAMED).join(' ')
  if (ids.length <= NAMED) return named
  // A difference holds no more of them.
  return `${named} and ${ids.length - NAMED}${ids.length >= PAIRS_KEPT ? ' or' : ''} more`
}

/** A line for each post, with what only one of the stores has; `total` says how many there are in all. */
export function formatDifferences(differences: readonly Difference[], total = differences.length): string {
  const table = formatTable(
    [
      ['post', 'Redis', 'Postgres', 'likes only in Redis', 'likes only in Postgres', 'keys'],
      ...differences.map(({ postId, redisCount, postgresCount, onlyRedis, onlyPostgres, keys }) => [
        postId,
        String(redisCount ?? 'none'),
        String(postgresCount ?? 'none'),
        sessions(onlyRedis),
        sessions(onlyPostgres),
        keys.join(' '),
      ]),
    ],
    [1, 2],
  )
  return total > differences.length ? `${table}\nThe first ${differences.length} of ${total}.` : table
}
