import { expect, type Locator, type Page, test } from '@playwright/test'
import { startApp, type TestStack } from './support/stack'
import { BEAR, bear } from './support/views'

let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp()
})
test.afterAll(() => stack.stop())

const dialog = (page: Page): Locator => page.getByRole('dialog')

/** Opens the polar bear over the ranking; answers the paths of the posts in the order of the page. */
async function openBear(page: Page): Promise<{ paths: string[]; at: number }> {
  await page.goto(`${stack.url}/rank`)
  const paths = await page
    .locator('#pictures [data-post-id]')
    .evaluateAll(posts => posts.map(post => `/post/${post.getAttribute('data-post-id')}`))
  await bear(page).locator(`a[href="/post/${BEAR}"]`).first().click()
  await expect(dialog(page).getByRole('heading', { level: 2 })).toBeVisible()
  return { paths, at: paths.indexOf(`/post/${BEAR}`) }
}

const expectAt = async (page: Page, path: string) => {
  await page.waitForURL(`**${path}`)
  await expect(dialog(page).locator(`[data-post-id="${path.split('/').at(-1)}"]`)).toBeVisible()
}

test('arrow keys and buttons step through the list, and closing is one step back to it', async ({ page }) => {
  const { paths, at } = await openBear(page)
  await page.keyboard.press('ArrowRight')
  await expectAt(page, paths[at + 1]!)
  const caption = await dialog(page).getByRole('heading', { level: 2 }).textContent()
  await expect(dialog(page)).toHaveAccessibleName(caption!)
  await expect(dialog(page).locator('[aria-live]').filter({ hasText: caption! })).toBeAttached()

  const next = dialog(page).getByRole('button', { name: 'Next picture' })
  await next.click()
  await expectAt(page, paths[at + 2]!)
  await expect(next).toBeFocused()
  await page.keyboard.press('ArrowLeft')
  await expectAt(page, paths[at + 1]!)

  await page.goto(`${stack.url}/rank`)
  await page.locator(`#pictures a[href="${paths[0]}"]`).click()
  await expectAt(page, paths[0]!)
  await expect(dialog(page).getByRole('button', { name: 'Previous picture' })).toBeHidden()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowRight')
  await expectAt(page, paths[1]!)
  await page.keyboard.press('Escape')
  await expect(dialog(page)).toBeHidden()
  await page.waitForURL('**/rank')
})

test('a swipe steps on and back, and two taps like and never unlike', async ({ browser }) => {
  const context = await browser.newContext({ hasTouch: true, viewport: { width: 390, height: 800 } })
  const page = await context.newPage()
  const { paths, at } = await openBear(page)
  const touch = await context.newCDPSession(page)
  const swipe = async (fromX: number, toX: number) => {
    const points = (x: number) => [{ x, y: 300 }]
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: points(fromX) })
    await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: points(toX) })
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  }
  await swipe(300, 120)
  await expectAt(page, paths[at + 1]!)
  await swipe(120, 300)
  await expectAt(page, paths[at]!)

  const heart = dialog(page).getByRole('button', { name: /^Like / })
  const count = dialog(page).locator('[data-like-count]').first()
  const before = Number(await count.textContent())
  await expect(heart).toHaveAttribute('aria-pressed', 'false')
  const { x, y, width, height } = (await dialog(page).getByRole('img').first().boundingBox())!
  const twice = async () => {
    for (let tap = 0; tap < 2; tap++) await page.touchscreen.tap(x + width / 2, y + height / 3)
  }
  // A busy machine may keep the second tap for too long; more taps change nothing.
  await expect(async () => {
    await twice()
    await expect(heart).toHaveAttribute('aria-pressed', 'true', { timeout: 1000 })
  }).toPass()
  await expect(count).toHaveText(String(before + 1))
  await expect(dialog(page).locator('[data-status="exact"]').first()).toBeVisible()
  await twice()
  await expect(dialog(page).locator('[data-status="exact"]').first()).toBeVisible()
  await expect(heart).toHaveAttribute('aria-pressed', 'true')
  await expect(count).toHaveText(String(before + 1))
  await context.close()
})
