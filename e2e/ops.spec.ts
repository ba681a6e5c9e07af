import { type APIRequestContext, expect, type Page, test } from '@playwright/test'
import { createClient } from '@supabase/supabase-js'
import WebSocket from 'ws'
import { INCIDENTS } from '../app/ops/incidents'
import { openVisitor, startLocalStack } from './support/local-stack'
import { startApp, type TestStack } from './support/stack'
import { BEAR, isHydrated, WHALE } from './support/views'

// As people have it: the page is none of those that the service worker keeps.
test.use({ serviceWorkers: 'allow' })

const SECRET = 'a-secret-of-operators-in-tests'

let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp({ env: { ONECOUNT_OPS_SECRET: SECRET } })
})
test.afterAll(() => stack?.stop())

const status = (page: Page) => page.getByRole('region', { name: 'Status' })
const incidents = (page: Page) => page.getByRole('region', { name: 'Incidents' })
const chart = (page: Page, title: string) =>
  page.locator('figure').filter({ has: page.getByRole('heading', { name: title }) })
const typed = (page: Page) => page.getByLabel('ONECOUNT_OPS_SECRET')

async function signIn(page: Page, secret = SECRET): Promise<void> {
  await page.goto(`${stack.url}/ops`)
  await typed(page).fill(secret)
  await page.getByRole('button', { name: 'Open', exact: true }).click()
}

async function open(page: Page): Promise<void> {
  await signIn(page)
  await expect(page.getByRole('heading', { name: 'Operations' })).toBeVisible()
  await expect(status(page)).toHaveAttribute('data-status', 'ok')
}

/** What the page polls. */
const report = (request: APIRequestContext) =>
  request.get(`${stack.url}/api/ops`, { headers: { authorization: `Bearer ${SECRET}` } })

test('without the secret there is a form, and with a wrong one it stays', async ({
  context,
  page,
  request,
}) => {
  expect((await request.get(`${stack.url}/api/ops`)).status()).toBe(401)
  await signIn(page, `${SECRET}-almost`)
  await expect(page.getByRole('alert').filter({ hasText: 'not the secret' })).toBeVisible()
  await expect(typed(page)).toHaveAccessibleDescription('That is not the secret.')
  await expect(typed(page)).toHaveValue('')
  expect((await context.cookies()).map(({ name }) => name)).not.toContain('onecount_ops')
  await expect(page.getByRole('heading', { name: 'Operations' })).toHaveCount(0)
  const from = (site: string) =>
    request.post(`${stack.url}/api/ops`, {
      form: { secret: SECRET },
      headers: { 'sec-fetch-site': site },
      maxRedirects: 0,
    })
  expect((await from('cross-site')).status()).toBe(403)
  expect((await from('same-origin')).headers()['set-cookie']).toContain('onecount_ops=')
})

test('with the secret it opens for this browser, which no script can read, and no address or log names it', async ({
  context,
  page,
  request,
}) => {
  const addresses: string[] = []
  page.on('request', one => addresses.push(one.url()))
  await open(page)
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/ops')
  const cookie = (await context.cookies()).find(({ name }) => name === 'onecount_ops')
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
  expect(cookie!.value).not.toContain(SECRET)
  await expect.poll(() => addresses.filter(url => url.includes('/api/ops?')).length).toBeGreaterThan(0)
  expect(addresses.filter(url => url.includes(SECRET))).toEqual([])
  expect(stack.app.output()).not.toContain(SECRET)
  expect((await report(request)).status()).toBe(200)
  const answer = await page.goto(`${stack.url}/ops`)
  expect(answer!.headers()['cache-control']).toMatch(/no-store/)
  await expect(page.locator('meta[name="robots"]')).toHaveAttribute('content', /noindex/)

  await page.getByRole('button', { name: 'Close this page' }).click()
  await expect(typed(page)).toBeVisible()
  expect((await context.request.get(`${stack.url}/api/ops`)).status()).toBe(401)
})

test('a like is seen a moment later, without a reload, as a line, a number and a table', async ({
  page,
  request,
}) => {
  await open(page)
  await page.evaluate(() => Object.assign(window, { isSameDocument: true }))
  const visitor = await openVisitor(stack.url)
  const pointsWithPresses = async () => {
    const { points } = (await (await report(request)).json()) as { points: { presses: number }[] }
    return points.filter(({ presses }) => presses > 0).length
  }
  const before = await pointsWithPresses()
  await visitor.press(BEAR, true)
  await expect.poll(pointsWithPresses).toBeGreaterThan(before)
  const likes = chart(page, 'Likes and unlikes, a second')
  await expect(likes.getByRole('img')).toHaveAccessibleName(/^Likes.*the highest: accepted 0?[.1-9]/)
  await expect(likes.getByRole('listitem').first()).toHaveText(/^0?\.?\d/)
  const line = likes.locator('path[data-line="0"]')
  await expect(line).toHaveAttribute('d', /L/)
  await likes.getByText('As a table').click()
  await expect(likes.getByRole('row').nth(1)).toHaveText(/^\d\d:\d\d/)
  await expect(page.getByText('This process drained')).toBeVisible()
  await expect(page.getByRole('row', { name: /post:likes:…/ })).toContainText('B')
  await expect(page.getByText('compared so far')).toBeVisible()
  expect(await page.evaluate(() => 'isSameDocument' in window)).toBe(true)
})

test('without scripts it is a picture of one moment', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await signIn(page)
  await expect(status(page)).toContainText('All is well')
  const hint = status(page).locator('noscript')
  await expect(hint).toBeVisible()
  expect(await hint.innerText()).toContain('Without scripts this is how it was then.')
  await expect(page.locator('figure')).toHaveCount(6)
  await expect(chart(page, 'Waiting for Postgres')).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Memory of Redis' })).toBeVisible()
  await context.close()
})

test('Postgres stops: the page says so with the remedy, and then that the incident is over', async ({
  page,
}) => {
  await open(page)
  const visitor = await openVisitor(stack.url)
  const { title, means, todo } = INCIDENTS.postgres
  stack.supabase.child.kill('SIGSTOP')
  try {
    await visitor.press(WHALE, true)
    await expect(status(page).getByRole('status')).toHaveText(title, { timeout: 60_000 })
    await expect(status(page)).toHaveAttribute('data-status', 'degraded')
    const incident = incidents(page).getByRole('listitem').filter({ hasText: title })
    await expect(incident).toContainText(means)
    await expect(incident).toContainText(todo)
    await expect(incident).toContainText('Since')
    await expect(chart(page, 'Waiting for Postgres').locator('figcaption')).toContainText('1 ops')
  } finally {
    stack.supabase.child.kill('SIGCONT')
  }
  await expect(status(page).getByRole('status')).toHaveText('All is well', { timeout: 60_000 })
  const over = incidents(page).getByRole('listitem').filter({ hasText: title })
  await expect(over).toContainText(/\d, for \d/)
  await expect(over.getByText(means)).toBeHidden()
  await over.getByText('What it meant').click()
  await expect(over.getByText(means)).toBeVisible()
})

test('the page lists an op that Postgres refused with its reason, and without the session', async ({
  page,
}) => {
  await open(page)
  const { url, secretKey } = stack.supabase
  const admin = createClient(url, secretKey, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })
  // The row is what a refused press leaves in Postgres.
  const { error } = await admin.from('like_refused').insert({
    post_id: WHALE,
    session_id: 'a-hidden-session-id',
    op: 2 * Date.now() * 1000 + 1,
    sqlstate: '23514',
    message: 'a-hidden-session-id may not like foxes',
  })
  expect(error).toBeNull()
  await expect(status(page).getByRole('status')).toHaveText(INCIDENTS.refused.title)
  await expect(page.getByRole('row', { name: /may not like foxes/ })).toContainText('23514')
  expect(await page.content()).not.toContain('a-hidden-session-id')
  await admin.from('like_refused').delete().eq('sqlstate', '23514')
  await expect(status(page).getByRole('status')).toHaveText('All is well')
})

test('the server goes away and comes back: the page says so, and begins anew', async ({ page }) => {
  await open(page)
  // Without its scripts the page asks for nothing.
  await expect.poll(() => status(page).evaluate(isHydrated)).toBe(true)
  await stack.app.kill()
  await expect(status(page)).toContainText('The server does not answer since')
  await stack.app.restart()
  await expect(status(page)).not.toContainText('does not answer')
  await expect(status(page)).toHaveAttribute('data-status', 'ok')
})

for (const colorScheme of ['light', 'dark'] as const)
  test(`it fits screens of 320 to 1280 px in the ${colorScheme} theme, with large text, and its words can be read`, async ({
    page,
  }) => {
    const complaints: string[] = []
    page.on('console', message => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    await page.emulateMedia({ colorScheme })
    await page.goto(`${stack.url}/ops`)
    await expectFits(page, 'the form')
    await open(page)
    await chart(page, 'Steps of a batch').getByText('As a table').click()
    for (const width of [320, 390, 768, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      await expectFits(page, `${width} px`)
      await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'))
      await expectFits(page, `${width} px with large text`)
      await page.evaluate(() => document.documentElement.style.removeProperty('font-size'))
    }
    expect(await page.evaluate(weakTexts)).toEqual([])
    const levels = await page
      .locator('h1, h2, h3')
      .evaluateAll(all => all.map(element => Number(element.tagName[1])))
    expect(levels.filter(level => level === 1)).toHaveLength(1)
    await expect(page.getByRole('heading', { name: 'All is well' })).toBeVisible()
    for (const [i, level] of levels.entries()) expect(level - (levels[i - 1] ?? level)).toBeLessThanOrEqual(1)
    expect(complaints).toEqual([])
  })

async function expectFits(page: Page, what: string): Promise<void> {
  const over = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return scrollWidth - clientWidth
  })
  expect(over, what).toBeLessThanOrEqual(0)
}

/** Texts whose contrast with their background is below 4.5 (WCAG 1.4.3), 3 for large ones; as the browser has painted the colours. */
function weakTexts(): string[] {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!
  const rgba = (color: string) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data] as [number, number, number, number]
  }
  const light = ([r, g, b]: number[]) => {
    const [x, y, z] = [r!, g!, b!].map(part => {
      const c = part / 255
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * x! + 0.7152 * y! + 0.0722 * z!
  }
  const backgroundOf = (element: Element | null): number[] => {
    if (!element) return [255, 255, 255]
    const color = rgba(getComputedStyle(element).backgroundColor)
    return color[3] === 255 ? color : backgroundOf(element.parentElement)
  }
  return [...document.querySelectorAll('main *')].flatMap(element => {
    const text = [...element.childNodes]
      .filter(node => node.nodeType === Node.TEXT_NODE)
      .map(node => node.textContent?.trim())
      .join('')
    if (!text || !element.checkVisibility()) return []
    const { color, fontSize, fontWeight } = getComputedStyle(element)
    const [a, b] = [light(rgba(color)), light(backgroundOf(element))].sort((x, y) => y - x) as [
      number,
      number,
    ]
    const size = Number.parseFloat(fontSize)
    const isLarge = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700)
    const contrast = (a + 0.05) / (b + 0.05)
    return contrast < (isLarge ? 3 : 4.5) ? [`${contrast.toFixed(2)}: ${text}`] : []
  })
}

test('it works on the embedded stack, with nothing installed', async ({ page }) => {
  const local = await startLocalStack({
    mode: 'start',
    withRedisServer: false,
    env: { ONECOUNT_OPS_SECRET: SECRET },
  })
  try {
    await page.goto(`${local.stores.appUrl}/ops`)
    await typed(page).fill(SECRET)
    await page.getByRole('button', { name: 'Open', exact: true }).click()
    await expect(status(page)).toHaveAttribute('data-status', 'ok')
    await (await openVisitor(local.stores.appUrl)).press(BEAR, true)
    await expect(chart(page, 'Likes and unlikes, a second').getByRole('img')).toHaveAccessibleName(
      /the highest: accepted 0?[.1-9]/,
    )
    await expect(page.getByRole('region', { name: 'Memory of Redis' })).toContainText(/keys|does not say/)
    await local.command('stop', 'redis')
    await expect(status(page).getByRole('status')).toHaveText(INCIDENTS.redis.title)
    await local.command('start', 'redis')
    await expect(status(page).getByRole('status')).not.toContainText(INCIDENTS.redis.title)
  } finally {
    await local.stop()
  }
})

test('where no secret is set there is no such page', async ({ request }) => {
  const other = await startApp()
  try {
    expect((await request.get(`${other.url}/ops`)).status()).toBe(404)
    expect((await request.get(`${other.url}/api/ops`)).status()).toBe(404)
    const post = await request.post(`${other.url}/api/ops`, { form: { secret: '' }, maxRedirects: 0 })
    expect([post.status(), post.headers()['set-cookie']]).toEqual([404, undefined])
    const bearer = { authorization: `Bearer ${SECRET}` }
    expect((await request.get(`${other.url}/api/ops`, { headers: bearer })).status()).toBe(404)
  } finally {
    await other.stop()
  }
})
