import { setTimeout } from 'node:timers/promises'
import { expect, type Page, test } from '@playwright/test'
import { rankingComplete } from './support/ranking'
import { addRows, readRows, rowId } from './support/rows'
import { startApp, type TestStack } from './support/stack'
import { Visitor } from './support/visitors'

const SEED = 64
const PICTURES = 130
/** Likes of each added picture: the seed has more and fewer. */
const LIKES = 200
const PAGE = 60
const PROFILE = '/profile/many_pictures'

let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp()
  const avatar_url = '/avatars/lucia_nature.svg'
  await addRows(stack, 'profiles', 1, () => ({
    id: rowId(1, 0),
    username: 'many_pictures',
    display_name: 'Many Pictures',
    avatar_url,
  }))
  await addRows(stack, 'posts_new', PICTURES, n => ({
    id: rowId(2, n),
    author_id: rowId(1, 0),
    caption: `Picture ${n}`,
    image_url: '/scenes/50050001-aaaa-bbbb-cccc-ddddeeee0001.svg',
    likes: LIKES,
    // Two of one moment each: the id decides between them.
    created_at: new Date(Date.UTC(2020, 0, 1) + Math.floor(n / 2) * 60_000).toISOString(),
  }))
  await rankingComplete(stack)
})
test.afterAll(() => stack?.stop())

const pictures = (page: Page) => page.locator('#pictures [data-post-id]').filter({ visible: true })
const idsOf = (page: Page) =>
  pictures(page).evaluateAll(posts => posts.map(post => (post as HTMLElement).dataset.postId!))
const placesOf = (page: Page) =>
  page
    .locator('#pictures article span:has(> .visually-hidden:text-is("Place "))')
    .evaluateAll(places => places.map(place => Number(place.lastChild!.textContent)))
const more = (page: Page, name = 'More') => page.getByRole('link', { name, exact: true })
const status = (page: Page) => page.locator('main [role=status]').filter({ visible: true }).last()
const total = (page: Page) => page.locator('[data-total-likes]').filter({ visible: true })

/** Appends pages until there are none. */
async function appendAll(page: Page, link = 'More'): Promise<void> {
  while (await more(page, link).isVisible()) {
    const before = await pictures(page).count()
    await more(page, link).click()
    await expect.poll(() => pictures(page).count()).toBeGreaterThan(before)
  }
}

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false })

  test('"More" leads through the rank, each picture once at its place, and the last page is not empty', async ({
    page,
  }) => {
    await page.goto(`${stack.url}/rank`)
    const seen: string[] = []
    for (let at = 1; ; at++) {
      const ids = await idsOf(page)
      expect(ids).toHaveLength(Math.min(PAGE, SEED + PICTURES - seen.length))
      expect(await placesOf(page)).toEqual(ids.map((_, n) => seen.length + n + 1))
      seen.push(...ids)
      if (!(await more(page).isVisible())) break
      expect(at).toBeLessThan(10)
      await more(page).click()
      await page.waitForURL(url => url.searchParams.get('after') === `${LIKES}_${ids.at(-1)}` || at > 2)
    }
    expect(new Set(seen).size).toBe(SEED + PICTURES)
  })

  test('"Older pictures" leads through a profile, with the totals of all pictures on each page', async ({
    page,
  }) => {
    await page.goto(stack.url + PROFILE)
    const seen: string[] = []
    for (;;) {
      seen.push(...(await idsOf(page)))
      await expect(page.getByRole('definition').or(page.locator('dd')).first()).toHaveText(String(PICTURES))
      await expect(total(page)).toHaveText('26 K')
      await expect(total(page)).toHaveAttribute('title', /^26,000\. /)
      if (!(await more(page, 'Older pictures').isVisible())) break
      expect(seen.length % PAGE).toBe(0)
      await more(page, 'Older pictures').click()
      await page.waitForURL(/before=/)
    }
    expect(seen).toEqual(Array.from({ length: PICTURES }, (_, n) => rowId(2, PICTURES - 1 - n)))
  })
})

for (const width of [390, 1280])
  for (const { path, link, all } of [
    { path: '/rank', link: 'More', all: SEED + PICTURES },
    { path: PROFILE, link: 'Older pictures', all: PICTURES },
  ])
    test(`${path} at ${width} px: a page comes to the same address, is announced, takes over the focus and moves nothing`, async ({
      page,
    }) => {
      await page.setViewportSize({ width, height: 800 })
      await page.addInitScript(() => {
        const shifts: number[] = []
        Object.assign(window, { shifts })
        new PerformanceObserver(list => {
          for (const entry of list.getEntries() as (PerformanceEntry & {
            value: number
            hadRecentInput: boolean
          })[])
            if (!entry.hadRecentInput) shifts.push(entry.value)
        }).observe({ type: 'layout-shift', buffered: true })
      })
      // Later than the half second in which a shift is that of the press.
      for (const address of ['**/api/rank', '**/api/profile/**'])
        await page.route(address, async route => {
          await setTimeout(700)
          await route.continue()
        })
      await page.goto(stack.url + path)
      await page.waitForLoadState('networkidle')
      const first = await idsOf(page)
      expect(first).toHaveLength(PAGE)
      for (let shown = PAGE; shown < all; ) {
        await more(page, link).press('Enter')
        const next = Math.min(all, shown + PAGE)
        await expect(pictures(page)).toHaveCount(next)
        await expect(status(page)).toHaveText(`${next - shown} more, ${next} here now`)
        await expect(pictures(page).nth(shown)).toBeFocused()
        shown = next
      }
      await expect(more(page, link)).toBeHidden()
      const ids = await idsOf(page)
      expect(new Set(ids).size).toBe(all)
      expect(ids.slice(0, PAGE)).toEqual(first)
      expect(page.url()).toBe(stack.url + path)
      expect(await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts)).toEqual([])
    })

test('a focus that has left the link stays where it went, and a page that does not come says so', async ({
  page,
}) => {
  let answer = () => {}
  const asked = new Promise<void>(resolve => {
    answer = resolve
  })
  await page.route('**/api/rank', async route => {
    await asked
    await route.continue()
  })
  await page.goto(`${stack.url}/rank`)
  await more(page).press('Enter')
  const heart = pictures(page).first().getByRole('button')
  await heart.focus()
  answer()
  await expect(pictures(page)).toHaveCount(2 * PAGE)
  await expect(heart).toBeFocused()

  await page.unroute('**/api/rank')
  await page.route('**/api/rank', route => route.abort())
  await more(page).press('Enter')
  await expect(status(page)).toHaveText(/Try again/)
  await expect(more(page)).toBeFocused()
  await page.unroute('**/api/rank')
  await more(page).press('Enter')
  await expect(pictures(page)).toHaveCount(3 * PAGE)
})

test('pictures that move across the border between two pages are there once, and none is left out', async ({
  page,
}) => {
  const visitor = new Visitor(stack.url)
  await visitor.arrive('/rank')
  const [falls, rises] = [rowId(2, 0), rowId(2, 1)]
  await visitor.press(falls, true)
  await page.goto(`${stack.url}/rank`)
  const first = await idsOf(page)
  expect(first).toContain(falls)
  expect(first).not.toContain(rises)
  await visitor.press(falls, false)
  await visitor.press(rises, true)

  await more(page).click()
  await expect(pictures(page)).toHaveCount(2 * PAGE)
  // A pointer over the grid holds it.
  await page.mouse.move(0, 0)
  // It stands with the pages before, where its likes have brought it.
  await expect.poll(async () => (await idsOf(page)).indexOf(rises)).toBeLessThan(PAGE)
  const ids = await idsOf(page)
  expect(new Set(ids).size).toBe(2 * PAGE)
  expect(ids).toContain(falls)
  expect(await placesOf(page)).toEqual(ids.map((_, n) => n + 1))
  await appendAll(page)
  expect(new Set(await idsOf(page)).size).toBe(SEED + PICTURES)
  await expect(pictures(page)).toHaveCount(SEED + PICTURES)
  await visitor.press(rises, false)
})

test('a list that began in the middle goes on from there', async ({ page }) => {
  await page.goto(`${stack.url}/rank`)
  const first = await idsOf(page)
  const href = await more(page).getAttribute('href')
  await page.goto(stack.url + href)
  await appendAll(page)
  const ids = await idsOf(page)
  expect(ids).toHaveLength(SEED + PICTURES - PAGE)
  expect(ids.filter(id => first.includes(id))).toEqual([])
  expect((await placesOf(page)).at(0)).toBe(PAGE + 1)
})

test('the total follows each heart of the page, keeps its value when pages come, and has every like after a reload', async ({
  page,
}) => {
  await page.goto(stack.url + PROFILE)
  const all = () =>
    total(page)
      .getAttribute('title')
      .then(title => title!.split('.')[0])
  expect(await all()).toBe('26,000')
  const press = (n: number) =>
    page
      .locator(`[data-post-id="${rowId(2, n)}"]`)
      .getByRole('button')
      .first()
      .click()
  await press(PICTURES - 1)
  expect(await all()).toBe('26,001')
  await more(page, 'Older pictures').click()
  await expect(pictures(page)).toHaveCount(2 * PAGE)
  expect(await all()).toBe('26,001')
  await press(PICTURES - PAGE - 1)
  expect(await all()).toBe('26,002')
  const stored = () =>
    readRows(stack, `posts_new?select=id&likes=eq.${LIKES + 1}&author_id=eq.${rowId(1, 0)}`)
  await expect.poll(async () => (await stored()).length).toBe(2)
  // Requests share a sum for twenty times as long as Postgres took for it.
  await expect(async () => {
    await page.reload()
    await expect(pictures(page)).toHaveCount(PAGE)
    expect(await all()).toBe('26,002')
  }).toPass({ timeout: 30_000 })
})

test('a place that is none, or behind which there is nothing, is the beginning, and never an error', async ({
  request,
}) => {
  const read = async (path: string) => {
    const response = await request.get(stack.url + path)
    expect(response.status(), path).toBe(200)
    return [...(await response.text()).matchAll(/<article[^>]* data-post-id="([^"]+)"/g)].map(([, id]) => id)
  }
  const id = rowId(2, 0)
  const rank = await read('/rank')
  expect(rank).toHaveLength(PAGE)
  for (const after of [
    '',
    'x',
    `-1_${id}`,
    `1e9_${id}`,
    `446_${id}%00`,
    `${'9'.repeat(20)}_${id}`,
    `0_${rowId(0, 0)}`,
  ])
    expect(await read(`/rank?after=${after}`), after).toEqual(rank)
  expect(await read(`/rank?after=1_${id}&after=2_${id}`)).toEqual(rank)
  const profile = await read(PROFILE)
  expect(profile).toHaveLength(PAGE)
  for (const before of ['', 'x', `2026-13-45T99:00:00Z_${id}`, `2019-01-01T00:00:00Z_${id}`])
    expect(await read(`${PROFILE}?before=${before}`), before).toEqual(profile)

  const post = async (data: unknown, headers = {}) =>
    (
      await request.post(`${stack.url}/api/rank`, {
        data,
        headers: { 'content-type': 'application/json', ...headers },
      })
    ).status()
  for (const body of [
    '{',
    'null',
    '[]',
    {},
    { shown: 'x' },
    { shown: ['x'] },
    { shown: [7] },
    { shown: Array(2000).fill(id) },
  ])
    expect(await post(body), JSON.stringify(body).slice(0, 40)).toBe(400)
  expect(await post({ after: 'x', shown: [] })).toBe(200)
  expect((await request.get(`${stack.url}/api/rank`)).status()).toBe(405)
  for (const name of ['nobody_of_that_name', 'A', '%ff', '%00'])
    expect((await request.get(`${stack.url}/api/profile/${name}?before=x`)).status(), name).toBe(404)
})
