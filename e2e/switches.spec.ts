import { sendCommand } from '@onecount/dev-stack/control'
import { SLOW_MS } from '@onecount/dev-stack/faults'
import { startSupabase } from '@onecount/dev-stack/supabase'
import { expect, type Locator, type Page, test } from '@playwright/test'
import { Redis } from 'ioredis'
import type { LikesStatus } from 'onecount/react'
import { type LocalStack, openVisitor, startLocalStack } from './support/local-stack'
import { BEAR, isHydrated, WHALE } from './support/views'

// It compiles what it is asked for.
test.setTimeout(300_000)

let stack: LocalStack

const NAMES = {
  'stop-redis': 'Stop Redis',
  'lose-redis': 'Lose Redis',
  'stop-postgres': 'Stop Postgres',
  slow: 'Slow replies',
  cut: 'Cut the network',
  'kill-app': 'Kill the server',
}
type Name = (typeof NAMES)[keyof typeof NAMES]

const side = (page: Page) => page.getByRole('region', { name: 'onecount', exact: true })
const hearts = (page: Page) => side(page).locator('button[aria-pressed]')
const counts = (page: Page) => side(page).locator('[data-like-count]')
const heartIn = (page: Page, phone: string) =>
  page.frameLocator(`iframe[title="${phone}"]`).locator('button[aria-pressed]').first()
const toggle = (page: Page, name: Name) => page.getByRole('switch', { name })

/** Nothing, while the application is gone. */
const health = () =>
  fetch(`${stack.stores.appUrl}/api/health`).then(
    response => response.json(),
    () => ({}),
  )

/** The polar bear's likes in Postgres, asked for beside what the application is told. */
async function inPostgres(): Promise<number> {
  const { supabaseUrl, secretKey } = stack.stores
  const response = await fetch(`${supabaseUrl}/rest/v1/posts_new?select=likes&id=eq.${BEAR}`, {
    headers: { apikey: secretKey, authorization: `Bearer ${secretKey}` },
  })
  return ((await response.json()) as { likes: number }[])[0]!.likes
}

/** Whether React holds it comes late where the development server compiles first, or has loaded the page anew. */
const hasHandlers = (button: Locator, timeout = 90_000) =>
  expect.poll(() => button.evaluate(isHydrated).catch(() => false), { timeout }).toBe(true)

/** Both kinds of buttons have their handlers. */
async function isReady(page: Page, timeout?: number): Promise<void> {
  for (const button of [hearts(page).first(), toggle(page, NAMES.slow)]) await hasHandlers(button, timeout)
}

/** Opens the demo as a new visitor, once all is well. Answers the count. */
async function open(page: Page): Promise<number> {
  await expect.poll(health).toMatchObject({ status: 'ok', pending: 0 })
  let loads = 0
  const seen = recordLoads(page)
  // Should a page get no handlers for 45 s, it is loaded again, and what happened to it is printed.
  await expect(async () => {
    if (loads++ > 0) console.warn(`/demo is loaded again:\n${seen.splice(0).join('\n')}`)
    await page.goto(`${stack.stores.appUrl}/demo`)
    await expect(side(page).locator('[data-status="exact"]')).toHaveCount(4)
    await isReady(page, 45_000)
  }).toPass({ timeout: 150_000 })
  return Number(await counts(page).first().textContent())
}

/** What the browser says of the documents that this page loads, a line each. */
function recordLoads(page: Page): string[] {
  const seen: string[] = []
  const since = Date.now()
  const say = (line: string) => seen.push(`  ${((Date.now() - since) / 1000).toFixed(1)} s: ${line}`)
  page.on('framenavigated', frame => say(`navigated to ${frame.url()}`))
  page.on('pageerror', error => say(error.message))
  page.on('requestfailed', request => say(`${request.url()}: ${request.failure()?.errorText}`))
  return seen
}

async function turn(page: Page, name: Name, on: boolean): Promise<void> {
  await toggle(page, name).click()
  await expect(toggle(page, name)).toHaveAttribute('aria-checked', String(on), { timeout: 90_000 })
}

/** Presses, and sees the number in all four views at once. */
async function press(page: Page, before: number): Promise<void> {
  await hearts(page).first().click()
  expect(await counts(page).allTextContents()).toEqual(Array<string>(4).fill(String(before + 1)))
}

interface Recorded {
  statuses: string[]
}

/** What the first of the four views says of its number from now on. */
function recordStatuses(side: Element): void {
  const control = side.querySelector('[data-status]')!
  const statuses: string[] = []
  Object.assign(window, { statuses })
  new MutationObserver(() => statuses.push(control.getAttribute('data-status')!)).observe(control, {
    attributeFilter: ['data-status'],
  })
}

const shows = (page: Page, status: LikesStatus) =>
  expect(side(page).locator(`[data-status="${status}"]`)).toHaveCount(4)

/** The like is in every view, also of a page that is opened now, and in Postgres: once. */
async function expectKept(page: Page, before: number): Promise<void> {
  await expect.poll(health, { timeout: 90_000 }).toMatchObject({ status: 'ok', pending: 0 })
  await shows(page, 'exact')
  for (const look of ['as it stands', 'opened again']) {
    await expect(counts(page), look).toHaveText(Array<string>(4).fill(String(before + 1)))
    await expect(side(page).getByRole('button', { pressed: true }), look).toHaveCount(4)
    if (look === 'as it stands') await page.reload()
  }
  await expect.poll(inPostgres).toBe(before + 1)
}

const HOT_RELOADING = /\/_next\/hmr/

/**
 * What Next sends over this socket while it compiles made a page with two phones in it reload again and again on a busy
 * machine, so that it never had handlers.
 */
const keepsItsDocument = (page: Page) => page.routeWebSocket(HOT_RELOADING, () => {})
test.beforeEach(({ page }) => keepsItsDocument(page))

test.describe('the switches, on the stack of npm run dev', () => {
  test.beforeAll(async ({ browser }) => {
    stack = await startLocalStack({ mode: 'dev' })
    // A press waits for no compiler then, which would look like a server that does not answer.
    await (await openVisitor(stack.stores.appUrl)).press(WHALE, true)
    // And the pages that are compiled first, the one in the phones too, are not loaded anew in the middle of a test.
    const first = await browser.newPage()
    await keepsItsDocument(first)
    await first.goto(`${stack.stores.appUrl}/demo`)
    await isReady(first)
    await first.locator('#phones').scrollIntoViewIfNeeded()
    for (const title of ['Your phone', 'Phone of another visitor']) await hasHandlers(heartIn(first, title))
    await first.close()
  })
  // What a test that fails has left on is no fault of the next one.
  test.afterEach(async () => {
    for (const id of Object.keys(NAMES)) await sendCommand(stack.dataDir, ['end', id])
  })
  test.afterAll(() => stack?.stop())

  for (const [name, isLost] of [
    [NAMES['stop-redis'], false],
    [NAMES['lose-redis'], true],
  ] as const)
    test(`"${name}": likes go to Postgres, the page says so, and none is lost`, async ({ page }) => {
      const before = await open(page)
      await turn(page, name, true)
      // Both take the same Redis away: the other switch says why it cannot.
      const other = toggle(page, isLost ? NAMES['stop-redis'] : NAMES['lose-redis'])
      await expect(other).toBeDisabled()
      await expect(other).toHaveAccessibleDescription(
        isLost ? /Redis is lost already/ : /Redis is stopped already/,
      )
      await press(page, before)
      await shows(page, 'lagging')
      await turn(page, name, false)
      await expectKept(page, before)
    })

  test('"Stop Postgres": Redis keeps the like until it is back', async ({ page }) => {
    const before = await open(page)
    await turn(page, NAMES['stop-postgres'], true)
    await press(page, before)
    await shows(page, 'exact')
    await expect.poll(health).toMatchObject({ postgres: 'down' })
    expect((await health()).pending).toBeGreaterThan(0)
    await turn(page, NAMES['stop-postgres'], false)
    await expectKept(page, before)
  })

  test('"Slow replies": the number stands at once, the answer comes later', async ({ page }) => {
    const before = await open(page)
    await turn(page, NAMES.slow, true)
    const answered = page.waitForResponse(
      response => response.request().method() === 'PUT' && response.url().endsWith(`/api/likes/${BEAR}`),
    )
    await side(page).evaluate(recordStatuses)
    await press(page, before)
    const { startTime, responseStart } = (await answered).request().timing()
    expect(startTime).toBeGreaterThan(0)
    expect(responseStart).toBeGreaterThanOrEqual(SLOW_MS.redis)
    await shows(page, 'exact')
    const statuses = await page.evaluate(() => (window as unknown as Recorded).statuses)
    expect([statuses[0], statuses.at(-1)]).toEqual(['saving', 'exact'])
    await turn(page, NAMES.slow, false)
    await expectKept(page, before)
  })

  test('"Cut the network": the like waits in the browser, and is saved when the network is back', async ({
    page,
  }) => {
    const before = await open(page)
    await turn(page, NAMES.cut, true)
    await press(page, before)
    await shows(page, 'retrying')
    expect(await inPostgres()).toBe(before)
    await turn(page, NAMES.cut, false)
    await expectKept(page, before)
  })

  test('"Kill the server": it dies with the like in Redis and no answer, and comes back: the like counts once', async ({
    page,
  }) => {
    const before = await open(page)
    await turn(page, NAMES['kill-app'], true)
    await press(page, before)
    await shows(page, 'retrying')
    const redis = new Redis(stack.stores.redisUrl)
    expect(await redis.get(`post:likes:${BEAR}`)).toBe(String(before + 1))
    redis.disconnect()
    await expect.poll(health, { timeout: 90_000 }).toMatchObject({ status: 'ok' })
    await expect(toggle(page, NAMES['kill-app'])).toHaveAttribute('aria-checked', 'false', {
      timeout: 90_000,
    })
    await expectKept(page, before)
  })

  test('pages have their handlers where the socket of the development server does not get through', async ({
    page,
  }) => {
    let sockets = 0
    await page.routeWebSocket(HOT_RELOADING, () => void sockets++)
    const before = await open(page)
    expect(sockets).toBeGreaterThan(0)
    await press(page, before)
    await expectKept(page, before)
  })

  test('a terminal can list and end the faults that are on, too', async ({ page }) => {
    await open(page)
    expect(await stack.command('faults')).toBe(
      Object.keys(NAMES)
        .map(id => `${id}: off`)
        .join('\n'),
    )
    expect(await stack.command('begin', 'slow')).toContain('npm run stack end slow')
    await page.reload()
    await expect(toggle(page, NAMES.slow)).toHaveAttribute('aria-checked', 'true')
    expect(await stack.command('end', 'slow')).toBe('slow is over.')
    await expect(stack.command('begin', 'rain')).rejects.toThrow('rain is no fault that can begin here')
  })
})

test('a switch that cannot do its work here says why, and is disabled', async ({ page }) => {
  const supabase = await startSupabase({ seed: true })
  const alone = await startLocalStack({
    mode: 'dev',
    args: ['--port', '0', '--no-redis'],
    env: {
      SUPABASE_URL: supabase.url,
      SUPABASE_PUBLISHABLE_KEY: supabase.publishableKey,
      SUPABASE_SECRET_KEY: supabase.secretKey,
    },
  })
  try {
    await page.goto(`${alone.stores.appUrl}/demo`)
    const why: Record<string, RegExp> = {
      [NAMES['stop-redis']]: /has not started Redis/,
      [NAMES['lose-redis']]: /has not started Redis/,
      [NAMES['stop-postgres']]: /has not started Postgres/,
      [NAMES.slow]: /has started no store/,
      [NAMES.cut]: /has started no store/,
      [NAMES['kill-app']]: /no Redis over TCP was started here/,
    }
    for (const [name, reason] of Object.entries(why)) {
      await expect(toggle(page, name as Name)).toBeDisabled()
      await expect(toggle(page, name as Name)).toHaveAccessibleDescription(reason)
    }
  } finally {
    await alone.stop()
    await supabase.stop()
  }
})
