import type { BackfillReport } from './backfill'
import { formatDifferences } from './differences'
import { repairedRows } from './repair'
import { formatTable } from './table'

/** The report as a table for people. */
export function formatReport(report: BackfillReport): string {
  const n = (value: number) => value.toLocaleString('en')
  const rows: [string, string][] = [
    ['posts', n(report.posts)],
    ['likes', n(report.likes)],
    ['ratings', n(report.ratings)],
    ['in Redis before', n(report.alreadyThere)],
  ]
  if (!report.dryRun) rows.push(['compared', n(report.verified)], ['different', n(report.mismatches)])
  rows.push(['seconds', String(report.seconds)], ['peak memory', `${n(report.peakMemoryMb)} MiB`])
  const parts = [formatTable(rows, [1])]
  const repaired = repairedRows(report.repaired)
  if (repaired.length > 0)
    parts.push(
      '',
      report.dryRun ? 'To repair in Postgres:' : 'Repaired in Postgres:',
      formatTable(repaired, [1]),
      '',
    )
  if (report.examples.length > 0) parts.push('', formatDifferences(report.examples), '')
  return [...parts, conclusion(report)].join('\n')
}

function conclusion(report: BackfillReport): string {
  if (report.stopped) return 'Stopped: run the same command again to go on.'
  if (report.dryRun) return 'A dry run: nothing was written.'
  return report.mismatches === 0
    ? 'Redis matches Postgres.'
    : 'Redis does not match Postgres on the posts above.'
}
