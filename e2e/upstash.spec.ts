import { expect, test } from '@playwright/test'
import { type LocalStack, openVisitor, startLocalStack } from './support/local-stack'
import { expectPressesInPostgres, postgresOf } from './support/press-at-once'
import { BEAR, bearCount, follow, heart, press } from './support/views'

// `npm start -- --redis upstash`, as a person types it: the application knows no Redis but by the official client.
test.setTimeout(240_000)

let stack: LocalStack
test.beforeAll(async () => {
  stack = await startLocalStack({
    mode: 'start',
    args: ['--port', '0', '--redis', 'upstash'],
    env: { ONECOUNT_LIMITS: 'off' },
  })
})
test.afterAll(() => stack?.stop())

test('a like through the client of Upstash is 447 on every page, and drained', async ({ page }) => {
  const { appUrl } = stack.stores
  expect(stack.log()).toContain('the REST interface of Upstash')
  await page.goto(`${appUrl}/rank`)
  await press(page, 446, 447)
  await follow(page, '/profile/lucia_nature')
  await expect(bearCount(page)).toHaveText('447')
  await follow(page, '/')
  await expect(bearCount(page)).toHaveText('447')
  await page.reload()
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'true')
  const visitor = await openVisitor(appUrl)
  await expect.poll(visitor.health).toMatchObject({ status: 'ok', redis: 'up', pending: 0, unseen: 0 })
  await expect.poll(async () => (await postgresOf(stack.stores)).likes.get(BEAR)).toBe(447)
})

test('Postgres holds concurrent presses over HTTP as they were answered last', () =>
  expectPressesInPostgres(stack.stores))
