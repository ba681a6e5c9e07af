import { expect, test } from '@playwright/test'
import { assertExplained } from './support/explain'
import { recordCounts } from './support/recorder'
import { startApp, type TestStack } from './support/stack'
import {
  BEAR,
  bear,
  bearCount,
  expectWithin,
  follow,
  heart,
  press,
  realtimeReady,
  saved,
} from './support/views'

let stack: TestStack
test.beforeEach(async () => {
  stack = await startApp()
})
test.afterEach(() => stack?.stop())

test('one like is 447 on every page, after back and reload, in a second tab and in a second browser', async ({
  context,
  page,
  browser,
}) => {
  const log = await recordCounts(context)
  await page.goto(`${stack.url}/rank`)
  await press(page, 446, 447)
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'true')

  await follow(page, '/profile/lucia_nature')
  await expect(bearCount(page)).toHaveText('447')
  await follow(page, '/')
  await expect(bearCount(page)).toHaveText('447')

  await bear(page).locator(`a[href="/post/${BEAR}"]`).first().click()
  const modal = page.getByRole('dialog')
  await expect(modal.locator('[data-like-count]').first()).toHaveText('447')
  await expect(modal.getByRole('button', { name: /^Like /, pressed: true })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(modal).toBeHidden()

  await page.goBack()
  await page.waitForURL('**/profile/lucia_nature')
  await expect(bearCount(page)).toHaveText('447')
  await page.goBack()
  await page.waitForURL('**/rank')
  await expect(bearCount(page)).toHaveText('447')
  await page.reload()
  await expect(bearCount(page)).toHaveText('447')
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'true')

  const secondTab = await context.newPage()
  await secondTab.goto(`${stack.url}/`)
  await expect(bearCount(secondTab)).toHaveText('447')
  await expect(heart(secondTab)).toHaveAttribute('aria-pressed', 'true')
  assertExplained(
    { ...log, entries: log.entries.filter(entry => entry.tab === 1) },
    { post: BEAR, counts: [446, 447], presses: 'own' },
  )
  assertExplained(log, { post: BEAR, counts: [446, 447] })

  const other = await browser.newContext()
  const otherLog = await recordCounts(other)
  const otherPage = await other.newPage()
  await otherPage.goto(`${stack.url}/profile/lucia_nature`)
  await expect(bearCount(otherPage)).toHaveText('447')
  await expect(heart(otherPage)).toHaveAttribute('aria-pressed', 'false')
  assertExplained(otherLog, { post: BEAR, counts: [447] })
  await other.close()
})

test("another browser's number moves by itself within a second, and both end on the same", async ({
  context,
  page,
  browser,
}) => {
  const other = await browser.newContext()
  const [log, otherLog] = [await recordCounts(context), await recordCounts(other)]
  const otherPage = await other.newPage()
  const subscribed = Promise.all([realtimeReady(page), realtimeReady(otherPage)])
  await otherPage.goto(`${stack.url}/`)
  await page.goto(`${stack.url}/rank`)
  await expect(bearCount(otherPage)).toHaveText('446')
  await subscribed

  await press(page, 446, 447)
  await expectWithin(1000, bearCount(otherPage), '447')
  await saved(page)
  await press(otherPage, 447, 448)
  await expectWithin(1000, bearCount(page), '448')
  await saved(otherPage)
  await press(page, 448, 447)
  await expectWithin(1000, bearCount(otherPage), '447')

  assertExplained(log, { post: BEAR, counts: [446, 447, 448, 447] })
  assertExplained(otherLog, { post: BEAR, counts: [446, 447, 448, 447] })
  await other.close()
})

test('two tabs agree on the number and on the heart', async ({ context, page }) => {
  const log = await recordCounts(context)
  await page.goto(`${stack.url}/`)
  const tab = await context.newPage()
  await tab.goto(`${stack.url}/rank`)
  await press(page, 446, 447)
  await expect(bearCount(tab)).toHaveText('447')
  await expect(heart(tab)).toHaveAttribute('aria-pressed', 'true')
  await press(tab, 447, 446)
  await expect(bearCount(page)).toHaveText('446')
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'false')
  assertExplained(log, { post: BEAR, counts: [446, 447, 446] })
  await saved(tab)
})

test('a view that was kept alive shows presses of other views, from the moment in which it is seen again', async ({
  context,
  page,
}) => {
  const log = await recordCounts(context)
  await page.goto(`${stack.url}/rank`)
  await expect(bearCount(page)).toHaveText('446')
  await follow(page, '/profile/lucia_nature')
  await press(page, 446, 447)
  await page.goBack()
  await page.waitForURL('**/rank')
  await expect(bearCount(page)).toHaveText('447')
  assertExplained(log, { post: BEAR, counts: [446, 447], presses: 'own', hidden: false })
})

test('going back to an earlier document shows the number of now, never the old one', async ({
  context,
  page,
}) => {
  const log = await recordCounts(context)
  await page.goto(`${stack.url}/rank`)
  await expect(bearCount(page)).toHaveText('446')
  await page.goto(`${stack.url}/profile/lucia_nature`)
  await press(page, 446, 447)
  await saved(page)
  await page.goBack({ waitUntil: 'commit' })
  await page.waitForURL('**/rank')
  await expect(bearCount(page)).toHaveText('447')
  assertExplained(log, { post: BEAR, counts: [446, 447] })
})

test('a page that comes back from the back/forward cache reads its numbers again', async ({ page }) => {
  // Next forbids storing a page with dynamic parts, which keeps it out of that cache; other applications' pages are in it.
  await page.route('**/rank', async route => {
    const response = await route.fetch()
    await route.fulfill({
      response,
      headers: { ...response.headers(), 'cache-control': 'private, no-cache' },
    })
  })
  await page.goto(`${stack.url}/rank`)
  await expect(bearCount(page)).toHaveText('446')
  await page.evaluate(() => {
    window.addEventListener('pageshow', event => {
      if (event.persisted) document.documentElement.dataset.restored = 'yes'
    })
  })
  await page.goto(`${stack.url}/profile/lucia_nature`)
  await press(page, 446, 447)
  await saved(page)
  await page.goBack({ waitUntil: 'commit' })
  await page.waitForURL('**/rank', { waitUntil: 'commit' })
  await expectWithin(2000, bearCount(page), '447')
  const { restored, reasons } = await page.evaluate(() => ({
    restored: document.documentElement.dataset.restored,
    reasons: JSON.stringify(
      (performance.getEntriesByType('navigation')[0] as unknown as { notRestoredReasons: unknown })
        .notRestoredReasons,
    ),
  }))
  expect(restored, reasons).toBe('yes')
})
