import { describe, expect, it } from 'vitest'
import { formatSummary } from './summary'

describe('the summary', () => {
  it('ends with the totals over all steps, after a table', () => {
    const text = formatSummary([
      { id: 'lint', seconds: 1.24, outcome: { passed: 1, failed: 0 } },
      { id: 'unit', seconds: 83, outcome: { passed: 120, failed: 2, note: '3 skipped' } },
    ])
    expect(text).toBe(
      [
        '      step  passed  failed        time',
        'ok    lint       1       0       1.2 s',
        'FAIL  unit     120       2  1 min 23 s  3 skipped',
        '',
        '121 passed, 2 failed',
        '',
      ].join('\n'),
    )
  })
})
