import { describe, expect, it } from 'vitest'
import { parseYaml } from './parse-yaml'

describe('a workflow', () => {
  it('is read as GitHub reads it', () => {
    const text = `# first
name: test   # why
on:
  push:
    branches: [main, v2]
  pull_request:
permissions: {}

jobs:
  a:
    if: vars.X == 'true'
    strategy:
      matrix:
        node: [20, 22]
        os: []
    steps:
      # a comment
      - uses: a/b@v1
        with:
          yes: true
          text: "a: b # c"
      - run: |
          one

            two # three
      - plain
    needs:
    - before
`
    expect(parseYaml(text)).toEqual({
      name: 'test',
      on: { push: { branches: ['main', 'v2'] }, pull_request: null },
      permissions: {},
      jobs: {
        a: {
          if: "vars.X == 'true'",
          strategy: { matrix: { node: [20, 22], os: [] } },
          steps: [
            { uses: 'a/b@v1', with: { yes: true, text: 'a: b # c' } },
            { run: 'one\n\n  two # three\n' },
            'plain',
          ],
          needs: ['before'],
        },
      },
    })
  })

  it.each([
    'a: 1\na: 2',
    'a: &b 1',
    'a: *b',
    'a: >\n  folded',
    'a: !tag 1',
    'a: "x\\n"',
    'a: b: c',
    'a: {b: c}',
    'a:\n    b: 1\n  c: 2',
    'a: [1, [2]]',
    '- 1\n-',
    'text',
    'a:\n\tb: 1',
    '---\na: 1',
  ])('that says more than is understood here is refused: %j', text => {
    expect(() => parseYaml(text)).toThrow(SyntaxError)
  })
})
