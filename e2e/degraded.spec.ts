import { expect, type Page, test } from '@playwright/test'
import { createClient } from '@supabase/supabase-js'
import { Redis } from 'ioredis'
import WebSocket from 'ws'
import { drained } from './support/drained'
import { assertExplained } from './support/explain'
import { recordCounts } from './support/recorder'
import { startApp, type TestStack } from './support/stack'
import { BEAR, bear, bearCount, heart, keptPresses, press, shows } from './support/views'

let stack: TestStack
test.beforeEach(async () => {
  stack = await startApp()
})
test.afterEach(async () => {
  stack.supabase.child.kill('SIGCONT')
  await stack.stop()
})

const OWN = { post: BEAR, counts: [446, 447], presses: 'own' } as const

/** Opens a page that shows the polar bear as it is before anything happens. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(`${stack.url}${path}`)
  await expect(bearCount(page)).toHaveText('446')
}

/** The page says what its numbers are worth. */
const says = (page: Page, words: string) =>
  expect(page.getByRole('region', { name: 'About the numbers' }).filter({ visible: true })).toContainText(
    words,
  )

/** Likes of the polar bear from before there were rows. */
const BEAR_BASE = 443

/** What both stores hold of the polar bear and of the one person who has pressed, once nothing is on its way. */
async function expectInBothStores(count: number, { hasMirror = true } = {}): Promise<void> {
  await drained(stack.url)
  const redis = new Redis(stack.redis.url)
  const admin = createClient(stack.supabase.url, stack.supabase.secretKey, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })
  const { data } = await admin.from('posts_new').select('likes').eq('id', BEAR).single()
  const [inRedis, members] = await Promise.all([
    redis.get(`post:likes:${BEAR}`),
    redis.smembers(`post:liked:${BEAR}`),
  ])
  const { data: rows } = await admin.from('post_ratings').select('session_id').eq('post_id', BEAR)
  redis.disconnect()
  expect({ redis: Number(inRedis), postgres: data!.likes }).toEqual({ redis: count, postgres: count })
  // A Redis that was emptied has in its mirror what has passed since: a like that had reached Postgres all the same is not.
  if (hasMirror) expect(members).toHaveLength(1)
  expect(rows!.map(rating => rating.session_id)).toEqual(expect.arrayContaining(members))
  expect(rows).toHaveLength(count - BEAR_BASE)
}

test('Redis is stopped while a person likes: the pages go on, say so, and are exact again by themselves', async ({
  context,
  page,
}) => {
  const log = await recordCounts(context)
  await open(page, '/')
  await stack.redis.kill()
  await press(page, 446, 447)
  await shows(page, 'lagging')
  await says(page, 'may be a moment behind')
  await page.goto(`${stack.url}/profile/lucia_nature`)
  await expect(bearCount(page)).toHaveText('447')
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'true')
  await shows(page, 'lagging')
  await stack.startRedis()
  await shows(page, 'exact')
  await expect(bearCount(page)).toHaveText('447')
  assertExplained(log, OWN)
  await expectInBothStores(447)
})

test('Redis loses a like that Postgres has not seen: the browser brings it back, and the number never moves', async ({
  context,
  page,
}) => {
  const log = await recordCounts(context)
  await open(page, '/')
  stack.supabase.child.kill('SIGSTOP')
  await press(page, 446, 447)
  await shows(page, 'exact')
  await stack.redis.kill()
  await stack.startRedis()
  // No store can answer the count now: Redis is empty and Postgres does not answer.
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')))
  await shows(page, 'last-known')
  await says(page, 'last numbers that were heard')
  await expect(bearCount(page)).toHaveText('447')
  stack.supabase.child.kill('SIGCONT')
  await shows(page, 'exact')
  await expect(bearCount(page)).toHaveText('447')
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'true')
  await expectInBothStores(447, { hasMirror: false })
  await expect.poll(() => keptPresses(page), { timeout: 15_000 }).toEqual([])
  assertExplained(log, OWN)
})

test('an unknown count is a dash, never 0, and appears by itself once a store answers', async ({
  page,
  browser,
}) => {
  await open(page, '/')
  stack.supabase.child.kill('SIGSTOP')
  await stack.redis.kill()
  await stack.startRedis()
  const someone = await browser.newContext()
  const log = await recordCounts(someone)
  const other = await someone.newPage()
  await other.goto(`${stack.url}/`)
  await shows(other, 'unknown')
  await expect(bearCount(other)).toHaveText('–')
  await says(other, 'A dash is a number')
  stack.supabase.child.kill('SIGCONT')
  await shows(other, 'exact')
  assertExplained(log, { post: BEAR, counts: [446], unknown: true })
  await someone.close()
})

test('the server is killed in the middle of a like: it stays, says so, and is saved when the server is back', async ({
  context,
  page,
}) => {
  const log = await recordCounts(context)
  await open(page, '/')
  const killed = stack.app.kill()
  await press(page, 446, 447)
  await killed
  await shows(page, 'retrying')
  await expect(bear(page).getByText(/not saved yet/i)).toBeVisible()
  await says(page, 'sent again until it is saved')
  await stack.app.restart()
  await shows(page, 'exact')
  assertExplained(log, OWN)
  await expectInBothStores(447)
})

test('a person goes offline in the middle of a like and comes back', async ({ context, page }) => {
  const log = await recordCounts(context)
  await open(page, '/rank')
  await context.setOffline(true)
  await press(page, 446, 447)
  await shows(page, 'retrying')
  await context.setOffline(false)
  await shows(page, 'exact')
  await page.reload()
  await expect(bearCount(page)).toHaveText('447')
  assertExplained(log, OWN)
  await expectInBothStores(447)
})

test('a page that was closed before it could save is saved by the next one', async ({ context, page }) => {
  await open(page, '/rank')
  await context.setOffline(true)
  await press(page, 446, 447)
  await shows(page, 'retrying')
  await page.close()
  await context.setOffline(false)
  const next = await context.newPage()
  await next.goto(`${stack.url}/profile/lucia_nature`)
  await expect(bearCount(next)).toHaveText('447')
  await expect(heart(next)).toHaveAttribute('aria-pressed', 'true')
  // It shows the press before it has sent it.
  await shows(next, 'exact')
  await expectInBothStores(447)
})
