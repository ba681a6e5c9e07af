import { describe, expect, it } from 'vitest'
import { formatSummary } from './summary'

describe('the summary', () => {
  it('ends with the failures, a table, and the totals over all steps', () => {
    const text = formatSummary([
      { id: 'lint', seconds: 1.24, outcome: { passed: 1, failed: 0 } },
      {
        id: 'unit',
        seconds: 119.6,
        outcome: { passed: 120, failed: 2, note: '3 skipped', failures: ['a\n    1', 'b'] },
      },
    ])
    expect(text).toBe(
      [
        'FAIL  a',
        '    1',
        'FAIL  b',
        '',
        '      step  passed  failed       time',
        'ok    lint       1       0      1.2 s',
        'FAIL  unit     120       2  2 min 0 s  3 skipped',
        '',
        '121 passed, 2 failed',
        '',
      ].join('\n'),
    )
  })
})
