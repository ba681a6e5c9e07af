import { awakeNow } from '@onecount/dev-stack/awake'
import { expect, test } from '@playwright/test'
import { Redis } from 'ioredis'
import { assertExplained } from './support/explain'
import { recordCounts } from './support/recorder'
import { startApp, type TestStack } from './support/stack'
import { BEAR, bear, bearCount, follow, heart, press, saved } from './support/views'

let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp()
})
test.afterAll(() => stack.stop())

test('a press that cannot be saved stays, says so, and is tried again by Retry and counts once', async ({
  context,
  page,
}) => {
  const log = await recordCounts(context)
  await page.goto(`${stack.url}/rank`)
  let failed = 0
  let tellThird = () => {}
  const third = new Promise<void>(resolve => {
    tellThird = resolve
  })
  await context.route(`**/api/likes/${BEAR}`, async route => {
    await route.abort()
    if (++failed === 3) tellThird()
  })
  await press(page, 446, 447)
  await expect(bear(page).getByText(/not saved yet/i)).toBeVisible()
  await expect(bearCount(page)).toHaveText('447')
  // From the third failure on it waits for four seconds by itself.
  await third
  const began = awakeNow()
  const [again] = await Promise.all([
    page.waitForRequest(`**/api/likes/${BEAR}`),
    bear(page).getByRole('button', { name: /retry/i }).click(),
  ])
  expect(awakeNow() - began).toBeLessThan(2000)
  expect(again.method()).toBe('PUT')
  await expect(bearCount(page)).toHaveText('447')
  await context.unroute(`**/api/likes/${BEAR}`)
  await saved(page)
  await expect(bearCount(page)).toHaveText('447')
  await page.reload()
  await expect(bearCount(page)).toHaveText('447')
  assertExplained(log, { post: BEAR, counts: [446, 447], presses: 'own' })
  await heart(page).click()
  await saved(page)
})

test('a screen reader announces the outcome of a press, in the modal from inside of it', async ({ page }) => {
  const refused: string[] = []
  page.on('console', message => {
    if (message.text().includes('Content Security Policy')) refused.push(message.text())
  })
  await page.goto(`${stack.url}/rank`)
  await press(page, 446, 447)
  await expect(page.locator('body > [role="status"]')).toHaveText('Liked, 447 likes')
  await saved(page)

  await bear(page).locator(`a[href="/post/${BEAR}"]`).first().click()
  const modal = page.getByRole('dialog')
  await expect(modal.getByRole('status')).toBeEmpty()
  await modal.getByRole('button', { name: /^Like /, pressed: true }).click()
  await expect(modal.getByRole('status')).toHaveText('Like removed, 446 likes')
  await saved(page)
  // Out of sight, by styles that the page's policy has let pass.
  expect(await modal.getByRole('status').evaluate(({ clientWidth }) => clientWidth)).toBe(1)
  expect(refused).toEqual([])
})

test('a press whose answer is lost is repeated by itself and counts once', async ({ context, page }) => {
  const log = await recordCounts(context)
  await page.goto(`${stack.url}/`)
  let lost = 0
  await context.route(`**/api/likes/${BEAR}`, async route => {
    if (lost++ > 0) return route.continue()
    await route.fetch()
    await route.abort()
  })
  await press(page, 446, 447)
  await expect.poll(() => lost).toBeGreaterThan(1)
  await saved(page)
  await follow(page, '/rank')
  await expect(bearCount(page)).toHaveText('447')
  assertExplained(log, { post: BEAR, counts: [446, 447], presses: 'own' })
  await context.unroute(`**/api/likes/${BEAR}`)
  await heart(page).click()
  await saved(page)
})

test('rapid presses end on the last one, and no number in between is wrong', async ({ context, page }) => {
  const log = await recordCounts(context)
  await page.goto(`${stack.url}/rank`)
  await expect(bearCount(page)).toHaveText('446')
  for (let i = 0; i < 7; i++) await heart(page).click()
  await expect(bearCount(page)).toHaveText('447')
  await saved(page)
  await page.goto(`${stack.url}/profile/lucia_nature`)
  await expect(bearCount(page)).toHaveText('447')
  assertExplained(log, { post: BEAR, counts: [446, 447, 446, 447, 446, 447, 446, 447] })
  await heart(page).click()
  await saved(page)
})

test('content that was cached before the like shows the number of now', async ({
  context,
  page,
  browser,
}) => {
  await page.goto(`${stack.url}/`)
  await page.goto(`${stack.url}/rank`)
  await page.goto(`${stack.url}/profile/lucia_nature`)
  const someone = await browser.newContext()
  const other = await someone.newPage()
  await other.goto(`${stack.url}/post/${BEAR}`)
  await press(other, 446, 447)
  await saved(other)
  const log = await recordCounts(context)
  for (const path of ['/', '/rank', '/profile/lucia_nature', `/post/${BEAR}`]) {
    await page.goto(stack.url + path)
    await expect(bearCount(page)).toHaveText('447')
  }
  assertExplained(log, { post: BEAR, counts: [447] })
  await heart(other).click()
  await saved(other)
  await someone.close()
})

test('an unknown post is a real 404, and a page paints its counts in the HTML', async ({ page, request }) => {
  const missing = await page.goto(`${stack.url}/post/50059999-aaaa-bbbb-cccc-ddddeeee9999`)
  expect(missing?.status()).toBe(404)
  const html = await (await request.get(`${stack.url}/`)).text()
  expect(html).toMatch(/data-like-count[^>]*>446</)
})

test('the API refuses clearly, writes nothing and makes no key', async ({ request }) => {
  const redis = new Redis(stack.redis.url)
  const keys = (await redis.keys('*post:*')).sort()
  const unknown = '50059999-aaaa-bbbb-cccc-ddddeeee9999'
  const put = (path: string, headers: Record<string, string> = {}) =>
    request.put(`${stack.url}/api/likes/${path}`, { headers: { origin: stack.url, ...headers } })
  for (const [response, status, code] of [
    [await put(unknown), 404, 'post_not_found'],
    [await put('no-uuid'), 400, 'invalid_post_id'],
    [await put(BEAR, { origin: 'https://elsewhere.example' }), 403, 'forbidden_origin'],
    [await request.get(`${stack.url}/api/likes?ids=`), 400, 'invalid_ids'],
  ] as const) {
    expect(response.status()).toBe(status)
    expect((await response.json()).error).toMatchObject({ code, message: expect.any(String) })
  }
  expect((await redis.keys('*post:*')).sort()).toEqual(keys)
  redis.disconnect()
})
