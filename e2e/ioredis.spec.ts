import { test } from '@playwright/test'
import { type LocalStack, startLocalStack } from './support/local-stack'
import { expectPressesInPostgres } from './support/press-at-once'

// `npm start`, as a person types it: a Redis over TCP.
test.setTimeout(240_000)

let stack: LocalStack
test.beforeAll(async () => {
  stack = await startLocalStack({ mode: 'start', env: { ONECOUNT_LIMITS: 'off' } })
})
test.afterAll(() => stack?.stop())

test('Postgres holds concurrent presses over HTTP as they were answered last', () =>
  expectPressesInPostgres(stack.stores))
