import type { Outcome } from './results'

/** A step that ran, as the closing table shows it. */
export interface Finished {
  readonly id: string
  readonly seconds: number
  readonly outcome: Outcome
}

/** What failed, the closing table, and the line that scripts read: `N passed, N failed`, always the last. */
export function formatSummary(finished: readonly Finished[]): string {
  const rows = finished.map(({ id, seconds, outcome }) => [
    outcome.failed > 0 ? 'FAIL' : 'ok',
    id,
    String(outcome.passed),
    String(outcome.failed),
    formatSeconds(seconds),
    outcome.note ?? '',
  ])
  const table = formatTable([['', 'step', 'passed', 'failed', 'time', ''], ...rows])
  const { passed, failed } = total(finished)
  const failures = finished.flatMap(({ outcome }) => outcome.failures ?? []).map(text => `FAIL  ${text}\n`)
  return `${failures.join('')}${failures.length > 0 ? '\n' : ''}${table}\n\n${passed} passed, ${failed} failed\n`
}

export function total(finished: readonly Finished[]): { passed: number; failed: number } {
  return {
    passed: finished.reduce((sum, { outcome }) => sum + outcome.passed, 0),
    failed: finished.reduce((sum, { outcome }) => sum + outcome.failed, 0),
  }
}

export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds)
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

const RIGHT_ALIGNED = new Set([2, 3, 4])

function formatTable(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows
    .map(row =>
      row
        .map((cell, column) =>
          RIGHT_ALIGNED.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
