import { describe, expect, it } from 'vitest'
import { STEPS, selectSteps } from './steps'

describe('the steps of a run', () => {
  it('are all of them by default', () => {
    expect(selectSteps([])).toEqual(STEPS)
  })

  it('include the steps that a chosen one needs, in order', () => {
    expect(selectSteps(['e2e', 'lint']).map(step => step.id)).toEqual(['lint', 'build', 'e2e'])
  })

  it('are refused when unknown', () => {
    expect(() => selectSteps(['integration'])).toThrow(/no step "integration".*unit/)
  })
})
