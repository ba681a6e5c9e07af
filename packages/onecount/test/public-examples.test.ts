import { describe, expect, it } from 'vitest'
import { checkExamples, readExamples } from './support/examples'

const examples = readExamples()

describe('the examples of docstrings', () => {
  it('are many, and of all that people call', () => {
    expect(examples.length).toBeGreaterThan(150)
  })

  it('compile against the types of the package', () => {
    expect(Object.fromEntries(checkExamples(examples))).toEqual({})
  })

  it('are found out where one does not', () => {
    const wrong = (code: string) => ({ title: code, subpath: 'onecount', of: 'createOnecount', code })
    const found = checkExamples([
      wrong('createOnecount({ redis })'),
      wrong('await onecount.toggled(postId, sessionId)'),
      wrong('const { count } = await onecount.toggle(postId, sessionId)'),
    ])
    expect([...found.keys()]).toEqual([
      'createOnecount({ redis })',
      'await onecount.toggled(postId, sessionId)',
    ])
  })
})
