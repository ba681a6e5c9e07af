import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

/** What a step contributes to the last line. */
export interface Outcome {
  readonly passed: number
  readonly failed: number
  /** Shown in the closing table: what was skipped, or why a step did not run. */
  readonly note?: string
  /** What failed and why, a line or a few for each; shown again at the end, where a cut log still has it. */
  readonly failures?: readonly string[]
}

/** A check without tests of its own: one passed or one failed. */
export function checkOutcome(exitCode: number): Outcome {
  return exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, note: `exit code ${exitCode}` }
}

/** Counts of a test runner, before its exit code has been looked at. */
export interface RunnerCounts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Failures outside any test: a file that could not be loaded, an error in a worker. */
  readonly errors: number
  readonly failures: readonly string[]
}

interface VitestFile {
  name: string
  status: string
  message: string
  assertionResults: { status: string; fullName: string; failureMessages?: string[] | null }[]
}

/** From Vitest's JSON reporter. */
export function vitestCounts(report: {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: VitestFile[]
}): RunnerCounts {
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every(test => test.status !== 'failed'),
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    errors: brokenFiles.length,
    failures: [
      ...report.testResults.flatMap(file =>
        file.assertionResults
          .filter(test => test.status === 'failed')
          .map(test => describeFailure(`${file.name} > ${test.fullName}`, test.failureMessages?.[0])),
      ),
      ...brokenFiles.map(file => describeFailure(file.name, file.message)),
    ],
  }
}

interface PlaywrightSuite {
  suites?: PlaywrightSuite[]
  specs?: {
    title: string
    file: string
    line: number
    ok: boolean
    tests: { status: string; results: { error?: { message?: string } }[] }[]
  }[]
}

/** From Playwright's JSON reporter. A flaky test is one that failed. */
export function playwrightCounts(report: {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
  errors: { message?: string }[]
  suites?: PlaywrightSuite[]
}): RunnerCounts {
  const { expected, unexpected, flaky, skipped } = report.stats
  return {
    passed: expected,
    failed: unexpected + flaky,
    skipped,
    errors: report.errors.length,
    failures: [
      ...(report.suites ?? []).flatMap(failedSpecs),
      ...report.errors.map(({ message }) => describeFailure('outside any test', message)),
    ],
  }
}

function failedSpecs({ suites = [], specs = [] }: PlaywrightSuite): string[] {
  const failed = specs.filter(({ ok, tests }) => !ok || tests.some(({ status }) => status === 'flaky'))
  const described = failed.map(({ file, line, title, tests }) => {
    const error = tests.flatMap(({ results }) => results).find(result => result.error)?.error
    return describeFailure(`${file}:${line} > ${title}`, error?.message)
  })
  return [...described, ...suites.flatMap(failedSpecs)]
}

/** Lines of an error that are shown again at the end. */
const KEPT_LINES = 6

function describeFailure(name: string, message = ''): string {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter(line => line.trim())
    .slice(0, KEPT_LINES)
  return [name, ...lines.map(line => `    ${line}`)].join('\n')
}

/**
 * The outcome of a test runner. A runner that says it failed, or ran no test, has at least one failure, whatever
 * its report counts.
 *
 * @param counts undefined when the runner left no readable report
 */
export function runnerOutcome(counts: RunnerCounts | undefined, exitCode: number): Outcome {
  if (!counts) return { passed: 0, failed: 1, note: `no report, exit code ${exitCode}` }
  const failed = counts.failed + counts.errors
  if (counts.passed + failed === 0) return { passed: 0, failed: 1, note: 'no test was run' }
  const notes = [
    ...(counts.skipped > 0 ? [`${counts.skipped} skipped`] : []),
    ...(counts.errors > 0 ? [`${counts.errors} not in a test`] : []),
    ...(exitCode !== 0 && failed === 0 ? [`exit code ${exitCode}`] : []),
  ]
  return {
    passed: counts.passed,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    ...(notes.length > 0 ? { note: notes.join(', ') } : {}),
    ...(counts.failures.length > 0 ? { failures: counts.failures } : {}),
  }
}

/** Reads a JSON report; undefined when the runner ended before writing one. */
export function readReport<Report>(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    return undefined
  }
}
