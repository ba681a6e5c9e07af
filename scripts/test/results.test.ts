import { describe, expect, it } from 'vitest'
import { playwrightCounts, readReport, runnerOutcome, vitestCounts } from './results'

const counts = { passed: 3, failed: 0, skipped: 0, errors: 0, failures: [] }

describe('the outcome of a test runner', () => {
  it('has the numbers of its report', () => {
    expect(runnerOutcome(counts, 0)).toEqual({ passed: 3, failed: 0 })
    expect(runnerOutcome({ ...counts, failed: 2, skipped: 1, failures: ['a'] }, 1)).toEqual({
      passed: 3,
      failed: 2,
      note: '1 skipped',
      failures: ['a'],
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
        {
          name: 'a.test.ts',
          status: 'failed',
          message: '',
          assertionResults: [
            {
              status: 'failed',
              fullName: 'a is 1',
              failureMessages: ['\u001b[31mError\u001b[39m: 2\n\nwhy'],
            },
            { status: 'passed', fullName: 'a is a' },
          ],
        },
        { name: 'b.test.ts', status: 'failed', message: 'SyntaxError', assertionResults: [] },
        {
          name: 'c.test.ts',
          status: 'passed',
          message: '',
          assertionResults: [{ status: 'passed', fullName: 'c' }],
        },
      ],
    }
    expect(vitestCounts(report)).toEqual({
      passed: 2,
      failed: 1,
      skipped: 2,
      errors: 1,
      failures: ['a.test.ts > a is 1\n    Error: 2\n    why', 'b.test.ts\n    SyntaxError'],
    })
  })

  it('of Playwright count a flaky test as failed', () => {
    const stats = { expected: 4, unexpected: 1, flaky: 1, skipped: 2 }
    const spec = { file: 'e2e/a.spec.ts', line: 7 }
    const suites = [
      {
        suites: [
          {
            specs: [
              { ...spec, title: 'good', ok: true, tests: [{ status: 'expected', results: [{}] }] },
              {
                ...spec,
                title: 'bad',
                ok: false,
                tests: [{ status: 'unexpected', results: [{ error: { message: 'timeout' } }] }],
              },
              {
                ...spec,
                title: 'flaky',
                ok: true,
                tests: [{ status: 'flaky', results: [{ error: { message: 'once' } }, {}] }],
              },
            ],
          },
        ],
      },
    ]
    expect(playwrightCounts({ stats, errors: [{ message: 'no tests found' }], suites })).toEqual({
      passed: 4,
      failed: 2,
      skipped: 2,
      errors: 1,
      failures: [
        'e2e/a.spec.ts:7 > bad\n    timeout',
        'e2e/a.spec.ts:7 > flaky\n    once',
        'outside any test\n    no tests found',
      ],
    })
  })

  it('that are not there are no report', () => {
    expect(readReport('/nowhere/vitest.json')).toBeUndefined()
  })
})
