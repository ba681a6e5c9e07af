import { describe, expect, it } from 'vitest'
import { drill } from './drill'
import { FUNCTION_FAULTS, FUNCTION_PEOPLE, Functions } from './functions'
import { failuresOf } from './verdict'

describe('functions that are frozen or killed right after their answer, while people press', () => {
  it('lose nothing that was promised, and the stores end the same', async () => {
    const rows = await drill({
      plan: FUNCTION_FAULTS,
      startStore: Functions.start,
      people: FUNCTION_PEOPLE,
    })
    expect(failuresOf(rows).join('\n')).toBe('')
    expect(rows.map(({ fault }) => fault)).toEqual(FUNCTION_FAULTS.map(({ name }) => name))
  }, 300_000)
})
