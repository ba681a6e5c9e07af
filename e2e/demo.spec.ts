import { expect, type Locator, type Page, test } from '@playwright/test'
import { Redis } from 'ioredis'
import { startApp, type TestStack } from './support/stack'
import { BEAR, isHydrated, realtimeReady } from './support/views'

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
  await expect.poll(() => heart.evaluate(isHydrated)).toBe(true)
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
  await expect(page.getByRole('heading', { name: 'Break something' })).toHaveCount(0)
  const headers = { 'sec-fetch-site': 'same-origin' }
  const data = { id: 'stop-redis', on: true }
  expect((await request.get(`${stack.url}/api/demo/stack`)).status()).toBe(404)
  expect((await request.post(`${stack.url}/api/demo/stack`, { data, headers })).status()).toBe(404)

  const like = (body: object) => request.post(`${stack.url}/api/demo/usual-way`, { data: body })
  expect((await like({ postId: 'nonsense', liked: true })).status()).toBe(400)
  expect((await like({ postId: BEAR, liked: true })).status()).toBe(401)
})

const phones = (page: Page) => page.getByRole('region', { name: 'Two phones' })
const YOURS = 'Your phone'
const THEIRS = 'Phone of another visitor'
const phone = (page: Page, title: string) => page.frameLocator(`iframe[title="${title}"]`)
const countOf = (page: Page, title: string) => phone(page, title).locator('article [data-like-count]').first()
const heartOf = (page: Page, title: string) => phone(page, title).locator('button[aria-pressed]').first()
const frameOf = async (page: Page, title: string) =>
  (await (await page.locator(`iframe[title="${title}"]`).elementHandle())!.contentFrame())!

/** Opens the page, and scrolls to the phones until both show the polar bear. Answers its count. */
async function openPhones(page: Page): Promise<number> {
  await page.goto(`${stack.url}/demo`)
  await phones(page).scrollIntoViewIfNeeded()
  for (const title of [YOURS, THEIRS]) await expect(countOf(page, title)).toHaveText(/^\d+$/)
  return Number(await countOf(page, YOURS).textContent())
}

async function pressOn(page: Page, title: string): Promise<void> {
  await expect.poll(() => heartOf(page, title).evaluate(isHydrated)).toBe(true)
  await heartOf(page, title).click()
}

test('a press on one phone is counted on the other: two sessions, one heart each', async ({
  context,
  page,
}) => {
  const live = realtimeReady(page)
  const before = await openPhones(page)
  await live
  const both = async (count: number) => {
    for (const title of [YOURS, THEIRS]) await expect(countOf(page, title)).toHaveText(String(count))
  }
  const hearts = async (yours: boolean, theirs: boolean) => {
    await expect(heartOf(page, YOURS)).toHaveAttribute('aria-pressed', String(yours))
    await expect(heartOf(page, THEIRS)).toHaveAttribute('aria-pressed', String(theirs))
  }
  await hearts(false, false)
  await pressOn(page, THEIRS)
  await both(before + 1)
  await hearts(false, true)
  // The four views have this browser's session: they count it, and their hearts stay empty.
  await expect(counts(onecount(page))).toHaveText(four(before + 1))
  await expect(onecount(page).getByRole('button', { pressed: true })).toHaveCount(0)

  await pressOn(page, YOURS)
  await both(before + 2)
  await hearts(true, true)
  await expect(onecount(page).getByRole('button', { pressed: true })).toHaveCount(4)
  await pressOn(page, YOURS)
  await both(before + 1)
  await hearts(false, true)

  const cookies = (await context.cookies(stack.url)).filter(({ name }) => name === 'onecount_session')
  const sessions = cookies.map(({ value }) => value.split('.')[0]!)
  expect(new Set(sessions).size).toBe(2)
  const redis = new Redis(stack.redis.url)
  const likers = await redis.smembers(`post:liked:${BEAR}`)
  redis.disconnect()
  expect(sessions.filter(session => likers.includes(session))).toHaveLength(1)
})

test('the phones share neither storage nor messages, and the framed page is rendered for its session', async ({
  page,
}) => {
  const answers: (string | null)[] = []
  page.on('response', async response => {
    if (response.request().isNavigationRequest() && response.url().endsWith(`/post/${BEAR}`))
      answers.push(await response.headerValue('set-cookie'))
  })
  await openPhones(page)
  // This browser's session is known; the other phone gets one with its page.
  expect(answers.map(cookie => cookie?.startsWith('onecount_session=') ?? false).sort()).toEqual([
    false,
    true,
  ])

  const [yours, theirs] = await Promise.all([frameOf(page, YOURS), frameOf(page, THEIRS)])
  const listen = () => {
    const heard: string[] = []
    Object.assign(window, { heard })
    new BroadcastChannel('phones').onmessage = ({ data }) => heard.push(data)
    addEventListener('storage', ({ key }) => heard.push(String(key)))
  }
  const heard = () => (window as unknown as { heard: string[] }).heard
  for (const frame of [yours, theirs, page]) await frame.evaluate(listen)
  await theirs.evaluate(() => {
    localStorage.setItem('of-theirs', '1')
    new BroadcastChannel('phones').postMessage('theirs')
  })
  await yours.evaluate(() => {
    localStorage.setItem('of-yours', '1')
    new BroadcastChannel('phones').postMessage('yours')
  })
  await expect.poll(() => page.evaluate(heard)).toEqual(expect.arrayContaining(['yours', 'of-yours']))
  expect(await page.evaluate(heard)).not.toContain('theirs')
  expect(await page.evaluate(heard)).not.toContain('of-theirs')
  expect(await yours.evaluate(heard)).not.toContain('theirs')
  expect(await theirs.evaluate(heard)).toEqual(['theirs'])
  expect(await theirs.evaluate(() => localStorage.getItem('of-yours'))).toBeNull()
})

test('the phones are loaded when they come near, move nothing, and fit a screen of 320 px', async ({
  page,
}) => {
  for (const width of [320, 390, 768, 1280]) {
    await page.setViewportSize({ width, height: 640 })
    const opened: string[] = []
    page.on('request', request => {
      if (request.isNavigationRequest() && request.frame().parentFrame()) opened.push(request.url())
    })
    await page.goto(`${stack.url}/demo`)
    await page.waitForLoadState('networkidle')
    expect(opened).toEqual([])
    await page.evaluate(() => {
      Object.assign(window, { shifts: 0 })
      new PerformanceObserver(list => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[])
          (window as unknown as { shifts: number }).shifts += entry.value
      }).observe({ type: 'layout-shift' })
    })
    await phones(page).scrollIntoViewIfNeeded()
    for (const title of [YOURS, THEIRS]) {
      const frame = page.locator(`iframe[title="${title}"]`)
      await expect(frame).toHaveAttribute('data-loaded')
      await expect(frame).toHaveCSS('opacity', '1')
      const inside = await (await frameOf(page, title)).evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement
        return { isTooWide: scrollWidth > clientWidth, clientWidth }
      })
      expect(inside.isTooWide, `${title} at ${width}`).toBe(false)
      expect(inside.clientWidth).toBeGreaterThanOrEqual(320)
    }
    expect(await page.evaluate(() => (window as unknown as { shifts: number }).shifts)).toBe(0)
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    ).toBeLessThanOrEqual(0)
    page.removeAllListeners('request')
  }
})

test('the phones have the theme of the page, also when it changes, and no motion where none is wanted', async ({
  page,
}) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.addInitScript(() => {
    if (!(window as unknown as { credentialless: boolean }).credentialless)
      localStorage.setItem('theme', localStorage.getItem('theme') ?? 'dark')
  })
  await openPhones(page)
  const dark = 'rgb(20, 18, 16)'
  for (const title of [YOURS, THEIRS])
    await expect(phone(page, title).locator('body')).toHaveCSS('background-color', dark)
  await page.getByRole('banner').getByRole('button', { name: 'Switch between light and dark' }).click()
  for (const title of [YOURS, THEIRS]) {
    await expect(phone(page, title).locator('body')).not.toHaveCSS('background-color', dark)
    await expect(page.locator(`iframe[title="${title}"]`)).toHaveCSS('transition-duration', '0s')
  }
})

test('the demo on a phone of the demo has no phones', async ({ page }) => {
  await openPhones(page)
  const yours = phone(page, YOURS)
  await yours.getByRole('link', { name: 'See it side by side' }).click()
  await expect(yours.getByRole('heading', { name: 'Two phones' })).toBeAttached()
  await yours.getByRole('heading', { name: 'Two phones' }).scrollIntoViewIfNeeded()
  const out = yours.getByRole('link', { name: 'Open this page by itself' })
  await expect(out).toHaveAttribute('target', '_top')
  await expect(yours.locator('iframe')).toHaveCount(0)
  expect(page.frames()).toHaveLength(3)
})

test('where a frame cannot have a session of its own, a link opens the page in a private window', async ({
  page,
}) => {
  await page.addInitScript(() => {
    delete (HTMLIFrameElement.prototype as unknown as { credentialless?: boolean }).credentialless
  })
  await page.goto(`${stack.url}/demo`)
  await phones(page).scrollIntoViewIfNeeded()
  await expect(countOf(page, YOURS)).toHaveText(/^\d+$/)
  await expect(phones(page).locator('iframe')).toHaveCount(1)
  await expect(phones(page).getByRole('link', { name: 'open it in a private window' })).toHaveAttribute(
    'href',
    `/post/${BEAR}`,
  )
})
