import { expect, type Page, test } from '@playwright/test'
import { startApp, type TestStack } from './support/stack'

let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp()
})
test.afterAll(() => stack.stop())

const feed = (page: Page) => page.locator('#pictures article')
const idsOf = (page: Page) =>
  feed(page).evaluateAll(posts => posts.map(post => (post as HTMLElement).dataset.postId))

test('older pictures are appended at the same address, each once, and their hearts count everywhere', async ({
  page,
}) => {
  await page.goto(`${stack.url}/`)
  const first = await idsOf(page)
  expect(first).toHaveLength(16)
  await expect
    .poll(
      async () => {
        await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
        return feed(page).count()
      },
      { timeout: 30_000 },
    )
    .toBe(64)
  // The last page says that it is: no request has to find out.
  await expect(page.getByRole('link', { name: 'Older pictures' })).toBeHidden()
  const all = await idsOf(page)
  expect(new Set(all).size).toBe(64)
  expect(all.slice(0, first.length)).toEqual(first)
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/')

  const last = feed(page).last()
  const count = last.locator('[data-like-count]')
  const before = Number(await count.textContent())
  await last.getByRole('button', { name: /^Like / }).click()
  await expect(count).toHaveText(String(before + 1))
  await expect(last.locator('[data-status="exact"]')).toBeVisible()
  await page.goto(`${stack.url}/post/${all.at(-1)}`)
  await expect(page.locator('[data-like-count]').first()).toHaveText(String(before + 1))
})

test('the feed goes on where a busy page hears late that its end is near', async ({ page }) => {
  // The browser may hand several changes to one call. Here it always does: each call waits for a second one, or half a second.
  await page.addInitScript(() => {
    const Native = IntersectionObserver
    window.IntersectionObserver = class extends Native {
      constructor(callback: IntersectionObserverCallback, options?: IntersectionObserverInit) {
        let kept: IntersectionObserverEntry[] = []
        super((entries, observer) => {
          if (kept.push(...entries) > entries.length) return
          setTimeout(() => {
            callback(kept, observer)
            kept = []
          }, 500)
        }, options)
      }
    }
  })
  await page.goto(`${stack.url}/`)
  await page.waitForLoadState('networkidle')
  const more = page.getByRole('link', { name: 'Older pictures' })
  while (await more.isVisible()) {
    const before = await feed(page).count()
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
    await expect.poll(async () => (await feed(page).count()) > before || !(await more.isVisible())).toBe(true)
  }
  expect(await feed(page).count()).toBe(64)
})

test('a page that cannot be loaded says so, and comes when a person asks again', async ({ page }) => {
  await page.route('**/api/posts?*', route => route.abort())
  await page.goto(`${stack.url}/`)
  const first = await feed(page).count()
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
  const notice = page.locator('#pictures').getByRole('status').filter({ hasText: 'Try again' })
  await expect(notice).toBeVisible()
  await expect(feed(page)).toHaveCount(first)
  await page.unroute('**/api/posts?*')
  await page.getByRole('link', { name: 'Older pictures' }).press('Enter')
  await expect(feed(page).nth(first)).toBeFocused()
  await expect(notice).toBeHidden()
  expect(new URL(page.url()).search).toBe('')
})

test('a cursor that is none is the beginning, and the end of the feed is its end', async ({ request }) => {
  const read = async (before: string) => (await request.get(`${stack.url}/api/posts?before=${before}`)).json()
  const beginning = await read('')
  expect(beginning.posts).toHaveLength(16)
  expect((await read('2026-13-45T99:00:00Z_nothing')).posts).toEqual(beginning.posts)
  const seen: string[] = []
  for (let page = beginning; ; page = await read(page.next)) {
    expect(page.posts).toHaveLength(16)
    seen.push(...page.posts.map((post: { id: string }) => post.id))
    if (page.next === null) break
    expect(seen.length).toBeLessThan(200)
  }
  expect(seen).toHaveLength(64)
  expect(new Set(seen).size).toBe(64)
})
