import { expect, type Locator, type Page, test } from '@playwright/test'
import { startApp, type TestStack } from './support/stack'

let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp()
})
test.afterAll(() => stack.stop())

const ORDER = ['Feed', 'Profile', 'Rank', 'Post']

const usualWay = (page: Page) => page.getByRole('region', { name: 'The usual way' })
const onecount = (page: Page) => page.getByRole('region', { name: 'onecount', exact: true })
const counts = (side: Locator) => side.locator('[data-like-count]')
const reopen = (side: Locator) => side.getByRole('button', { name: 'Open the four pages again' })
const four = (count: number) => Array<string>(4).fill(String(count))

/** Presses the heart of one view and answers the numbers of all four in that very moment. */
async function press(side: Locator, view: string): Promise<string[]> {
  const heart = side.getByRole('article', { name: view }).getByRole('button', { pressed: false })
  await expect
    .poll(() => heart.evaluate(one => Object.keys(one).some(key => key.startsWith('__reactProps'))))
    .toBe(true)
  await heart.click()
  return counts(side).allTextContents()
}

test('one press with onecount moves its four views at once, and they stay together', async ({ page }) => {
  await page.goto(`${stack.url}/demo`)
  const side = onecount(page)
  await expect(side.getByRole('heading', { level: 3 })).toHaveText(ORDER)
  await expect(counts(side)).toHaveText(four(446))

  expect(await press(side, 'Rank')).toEqual(four(447))
  await expect(side.getByRole('status')).toContainText('Four views, one number')
  // Each of these is measured from this press on.
  for (const step of ['shown', 'answered', 'stored', 'told'])
    await expect(page.locator(`[data-step="${step}"]`)).toHaveText(/^[\d,.]+\sms$/)

  await reopen(side).click()
  await expect(reopen(side)).toHaveAttribute('aria-disabled', 'false')
  await expect(counts(side)).toHaveText(four(447))
  await page.reload()
  await expect(counts(side)).toHaveText(four(447))
  await expect(counts(usualWay(page))).toHaveText(four(446))
})

test('one press the usual way moves one view of four; they agree once the caches were made anew', async ({
  page,
}) => {
  await page.goto(`${stack.url}/demo`)
  const side = usualWay(page)
  const before = await counts(onecount(page)).allTextContents()
  await expect(counts(side)).toHaveText(four(446))

  const saved = page.waitForResponse('**/api/demo/usual-way')
  expect(await press(side, 'Profile')).toEqual(['446', '447', '446', '446'])
  await expect(side.getByRole('status')).toContainText('Four views, two numbers')
  expect(await (await saved).json()).toEqual({ likes: 447, liked: true })
  // Postgres has the like, and the views on screen have not heard of it.
  await expect(counts(side)).toHaveText(['446', '447', '446', '446'])

  // The first that opens them again is still answered out of the caches, and has them made anew.
  await reopen(side).click()
  await expect(counts(side)).toHaveText(four(446))
  await expect(side.getByRole('status')).toContainText('Postgres has 447')
  await expect(async () => {
    await reopen(side).click()
    await expect(counts(side)).toHaveText(four(447), { timeout: 1000 })
  }).toPass()
  await expect(side.getByRole('status')).toContainText('Four views, one number')
  expect(await counts(onecount(page)).allTextContents()).toEqual(before)
})

test('the switches are there in development alone, and a like the usual way needs a session', async ({
  page,
  request,
}) => {
  await page.goto(`${stack.url}/demo`)
  await expect(page.getByRole('heading', { name: 'Take a store away' })).toHaveCount(0)
  const headers = { 'sec-fetch-site': 'same-origin' }
  const data = { id: 'redis', on: false }
  expect((await request.get(`${stack.url}/api/demo/stack`)).status()).toBe(404)
  expect((await request.post(`${stack.url}/api/demo/stack`, { data, headers })).status()).toBe(404)

  const like = (body: object) => request.post(`${stack.url}/api/demo/usual-way`, { data: body })
  expect((await like({ postId: 'nonsense', liked: true })).status()).toBe(400)
  expect((await like({ postId: '50050001-aaaa-bbbb-cccc-ddddeeee0001', liked: true })).status()).toBe(401)
})
