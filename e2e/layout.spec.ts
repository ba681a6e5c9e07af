import { setTimeout } from 'node:timers/promises'
import { expect, type Page, test } from '@playwright/test'
import { PAGES } from './support/pages'
import { startSlowPages } from './support/slow-page'
import { startApp, type TestStack } from './support/stack'
import { BEAR, BEAR_CAPTION, follow, heart, pressAndSave } from './support/views'

let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp()
})
test.afterAll(() => stack.stop())

/** Each name and caption becomes one word that no line can hold. */
const lengthenWords = (page: Page) =>
  page.evaluate(() => {
    const word = 'Donaudampfschifffahrtsgesellschaftskapitaenswitwenrentenauszahlung'
    const people = 'a[href^="/profile/"]:not(:has(*)), a[href^="/profile/"] span:not(:has(*))'
    const rail = 'li > a > span:has(> .visually-hidden):not(:has([data-like-count]))'
    for (const element of document.querySelectorAll(`h1, article h2, p, ${people}`))
      if (element.textContent && element.children.length === 0) element.textContent = word
    for (const element of document.querySelectorAll(rail))
      if (element.textContent?.includes('by')) element.append(word)
  })

/** Nothing sticks out at the right, and no text leaves the box that holds it. */
async function expectNoOverflow(page: Page, what: string): Promise<void> {
  const { scroll, client } = await page.evaluate(() => {
    const { scrollWidth: scroll, clientWidth: client } = document.documentElement
    return { scroll, client }
  })
  expect(scroll, what).toBeLessThanOrEqual(client)
}

for (const width of [320, 390, 768, 1280])
  test(`no page is wider than a screen of ${width} px, with long words and with text of twice the size`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height: 800 })
    for (const path of PAGES) {
      await page.goto(stack.url + path)
      await expectNoOverflow(page, `${path} at ${width} px`)
      await lengthenWords(page)
      await expectNoOverflow(page, `${path} at ${width} px with long words`)
      await page.goto(stack.url + path)
      await page.evaluate(() => {
        document.documentElement.style.fontSize = '200%'
      })
      await expectNoOverflow(page, `${path} at ${width} px with large text`)
    }
  })

const LATE_FONT_MS = 700

/** How far parts of the page moved, and each of them: its HTML, and where it was and is. */
type Shift = [value: number, ...moved: string[]]

/** Records in `window.shifts` what moves from the first frame on. */
const recordShifts = (page: Page) =>
  page.addInitScript(() => {
    type Source = { node?: Node; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }
    type Entry = PerformanceEntry & { value: number; sources: Source[] }
    const shifts: Shift[] = []
    Object.assign(window, { shifts })
    const box = ({ x, y, width, height }: DOMRectReadOnly) => `${x},${y} ${width}x${height}`
    const html = (node: Node) =>
      node instanceof Element
        ? node.outerHTML.slice(0, 200)
        : `"${node.textContent}" in ${node.parentElement?.className}`
    const describe = ({ node, previousRect, currentRect }: Source) =>
      `${node && html(node)}: ${box(previousRect)} -> ${box(currentRect)}`
    new PerformanceObserver(list => {
      for (const { value, sources } of list.getEntries() as Entry[])
        shifts.push([value, ...sources.map(describe)])
    }).observe({ type: 'layout-shift', buffered: true })
  })

const shiftsOf = (page: Page) => page.evaluate(() => (window as unknown as { shifts: Shift[] }).shifts)

for (const width of [390, 1280]) {
  for (const font of ['in time', 'late'])
    test(`nothing moves while a page of ${width} px appears, its font ${font}`, async ({ page }) => {
      await page.setViewportSize({ width, height: 800 })
      await recordShifts(page)
      let fonts = 0
      if (font === 'late')
        await page.route('**/*.woff2', async route => {
          fonts++
          await setTimeout(LATE_FONT_MS)
          await route.continue()
        })
      for (const path of PAGES) {
        await page.goto(stack.url + path)
        await expect(page.locator('html')).toHaveAttribute('lang', 'en')
        await page.waitForLoadState('networkidle')
        expect(await shiftsOf(page), path).toEqual([])
      }
      expect(fonts).toBe(font === 'late' ? PAGES.length : 0)
    })

  test(`nothing moves while a page of ${width} px arrives tag by tag`, async ({ page }) => {
    const slow = await startSlowPages(stack.url)
    await page.setViewportSize({ width, height: 800 })
    await recordShifts(page)
    const shifts: Record<string, Shift[]> = {}
    try {
      for (const path of PAGES) {
        await page.goto(slow.url + path)
        await expect(page.locator('html')).toHaveAttribute('lang', 'en')
        shifts[path] = await shiftsOf(page)
      }
    } finally {
      slow.stop()
    }
    expect(shifts).toEqual(Object.fromEntries(PAGES.map(path => [path, []])))
  })
}

test('"Skip to the pictures" goes there, and the next stop is in them', async ({ page }) => {
  for (const path of PAGES.filter(path => path !== '/likes')) {
    await page.goto(stack.url + path)
    await page.keyboard.press('Tab')
    const skip = page.getByRole('link', { name: 'Skip to the pictures' })
    await expect(skip).toBeFocused()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => !!document.activeElement?.closest('#pictures')), path).toBe(true)
  }
})

test('headings go down one level at a time, and a heart changes its state and not its name', async ({
  page,
}) => {
  for (const path of PAGES) {
    await page.goto(stack.url + path)
    const levels = await page
      .locator('h1, h2, h3, h4')
      .evaluateAll(all =>
        all.filter(e => (e as HTMLElement).checkVisibility()).map(e => Number(e.tagName[1])),
      )
    expect(
      levels.filter(level => level === 1),
      path,
    ).toHaveLength(1)
    for (const [i, level] of levels.entries())
      expect(level - (levels[i - 1] ?? level), `${path}: ${levels}`).toBeLessThanOrEqual(1)
  }
  await page.goto(`${stack.url}/rank`)
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'false')
  await pressAndSave(page, 'PUT')
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'true')
  await pressAndSave(page, 'DELETE')
})

test('the dialog is named by the caption, and the focus is back on the picture when it closes', async ({
  page,
}) => {
  await page.goto(`${stack.url}/rank`)
  await follow(page, `/post/${BEAR}`)
  await expect(page.getByRole('dialog', { name: BEAR_CAPTION })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.locator(`a[href="/post/${BEAR}"]`).first()).toBeFocused()
})

test('"My likes" shows the posts that this browser likes with their counts, and shows them to no other browser', async ({
  browser,
  page,
}) => {
  await page.goto(`${stack.url}/likes`)
  await expect(page.getByText('No hearts yet')).toBeVisible()
  await page.goto(`${stack.url}/rank`)
  await pressAndSave(page, 'PUT')
  await follow(page, '/likes')
  await expect(page.getByRole('article')).toHaveCount(1)
  await expect(page.getByRole('article', { name: BEAR_CAPTION }).locator('[data-like-count]')).toHaveText(
    '447',
  )

  const other = await browser.newContext()
  const theirs = await other.newPage()
  await theirs.goto(`${stack.url}/likes`)
  await expect(theirs.getByText('No hearts yet')).toBeVisible()
  await other.close()

  await pressAndSave(page, 'DELETE')
  await page.reload()
  await expect(page.getByText('No hearts yet')).toBeVisible()
})

test('a link that is shared brings its picture, and crawlers find the posts', async ({ page, request }) => {
  await page.goto(`${stack.url}/post/${BEAR}`)
  const image = await page.locator('meta[property="og:image"]').getAttribute('content')
  const preview = await request.get(new URL(new URL(image!).pathname, stack.url).href)
  expect(preview.headers()['content-type']).toBe('image/png')
  expect((await preview.body()).subarray(1, 4).toString()).toBe('PNG')
  expect(await (await request.get(`${stack.url}/robots.txt`)).text()).toContain('/sitemap.xml')
  expect(await (await request.get(`${stack.url}/sitemap.xml`)).text()).toContain(`/post/${BEAR}</loc>`)
})
