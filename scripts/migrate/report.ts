import type { Difference } from '../../packages/onecount/src/cli/verify'
import type { MigrationReport } from './migrate'

/** The report as a table for people. */
export function formatReport(report: MigrationReport): string {
  const n = (value: number) => value.toLocaleString('en')
  const rows: [string, string][] = [
    ['posts', n(report.posts)],
    ['likes', n(report.likes)],
    ['ratings', n(report.ratings)],
    ['in Redis before', n(report.alreadyThere)],
  ]
  if (!report.dryRun) rows.push(['compared', n(report.verified)], ['different', n(report.mismatches)])
  rows.push(['seconds', String(report.seconds)], ['peak memory', `${n(report.peakMemoryMb)} MiB`])
  const width = Math.max(...rows.map(([name]) => name.length))
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value.padStart(12)}`).join('\n')
  return [table, ...report.examples.map(formatDifference), conclusion(report)].join('\n')
}

function formatDifference({
  postId,
  redisCount,
  postgresCount,
  onlyRedis,
  onlyPostgres,
}: Difference): string {
  const members = [
    onlyRedis.length > 0 && `only in Redis: ${onlyRedis.join(', ')}`,
    onlyPostgres.length > 0 && `only in Postgres: ${onlyPostgres.join(', ')}`,
  ].filter(Boolean)
  return [`${postId}: Redis ${redisCount ?? 'nothing'}, Postgres ${postgresCount}`, ...members].join('; ')
}

function conclusion(report: MigrationReport): string {
  if (report.stopped) return 'Stopped: run the same command again to go on.'
  if (report.dryRun) return 'A dry run: nothing was written.'
  return report.mismatches === 0
    ? 'Redis matches Postgres.'
    : 'Redis does not match Postgres on the posts above.'
}
