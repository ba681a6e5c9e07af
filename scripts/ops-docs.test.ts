import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { INCIDENTS } from '../app/ops/incidents'

const page = readFileSync(join(import.meta.dirname, '../docs/operations.md'), 'utf8')

it('docs/operations.md says of each incident what the page /ops says', () => {
  const [, table] = /\| incident \| .*\n\| --- .*\n((?:\|.*\n)+)/.exec(page)!
  expect(table!.trimEnd().split('\n')).toEqual(
    Object.values(INCIDENTS).map(({ title, means, todo }) => `| ${title} | ${means} | ${todo} |`),
  )
})
