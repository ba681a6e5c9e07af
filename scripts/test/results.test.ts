import { describe, expect, it } from 'vitest'
import { playwrightCounts, readReport, runnerOutcome, vitestCounts } from './results'

const counts = { passed: 3, failed: 0, skipped: 0, errors: 0 }

describe('the outcome of a test runner', () => {
  it('is what its report counts', () => {
    expect(runnerOutcome(counts, 0)).toEqual({ passed: 3, failed: 0 })
    expect(runnerOutcome({ ...counts, failed: 2, skipped: 1 }, 1)).toEqual({
      passed: 3,
      failed: 2,
      note: '1 skipped',
    })
  })

  it('has a failure when the runner failed without a failed test', () => {
    expect(runnerOutcome(counts, 1)).toEqual({ passed: 3, failed: 1, note: 'exit code 1' })
    expect(runnerOutcome({ ...counts, errors: 1 }, 1)).toEqual({
      passed: 3,
      failed: 1,
      note: '1 not in a test',
    })
  })

  it('has a failure when no test was run, or no report was left', () => {
    expect(runnerOutcome({ ...counts, passed: 0, skipped: 5 }, 0)).toMatchObject({ passed: 0, failed: 1 })
    expect(runnerOutcome(undefined, 0)).toMatchObject({ passed: 0, failed: 1 })
  })
})

describe('reports', () => {
  it('of Vitest count files that could not be loaded as errors', () => {
    const report = {
      numPassedTests: 2,
      numFailedTests: 1,
      numPendingTests: 1,
      numTodoTests: 1,
      testResults: [
        { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] },
        { status: 'failed', assertionResults: [] },
        { status: 'passed', assertionResults: [{ status: 'passed' }] },
      ],
    }
    expect(vitestCounts(report)).toEqual({ passed: 2, failed: 1, skipped: 2, errors: 1 })
  })

  it('of Playwright count a flaky test as failed', () => {
    const stats = { expected: 4, unexpected: 1, flaky: 1, skipped: 2 }
    expect(playwrightCounts({ stats, errors: ['no tests found'] })).toEqual({
      passed: 4,
      failed: 2,
      skipped: 2,
      errors: 1,
    })
  })

  it('that are not there are no report', () => {
    expect(readReport('/nowhere/vitest.json')).toBeUndefined()
  })
})
