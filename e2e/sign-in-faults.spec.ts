import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import {
  countOf,
  fillForm,
  heartOf,
  held,
  liked,
  newEmail,
  outcome,
  PASSWORD,
  pressHearts,
  question,
  signIn,
  signOut,
  signUp,
} from './support/signing-in'
import { startApp, type TestStack } from './support/stack'
import { BEAR, FOX, keptPresses } from './support/views'

const COOKIE = 'huella-sign-in'

let stack: TestStack
test.beforeEach(async () => {
  stack = await startApp({ env: { ONECOUNT_LIMITS: 'session=off' } })
})
test.afterEach(() => stack?.stop())

interface Held {
  access_token: string
  refresh_token: string
  expires_at: number
}

/** What the browser holds of the sign-in; undefined: nothing. */
async function signInOf(context: BrowserContext): Promise<Held | undefined> {
  const cookie = (await context.cookies()).find(({ name }) => name === COOKIE)
  return cookie && JSON.parse(Buffer.from(cookie.value.replace('base64-', ''), 'base64url').toString())
}

/** The access token is about to end, or has. */
async function endToken(context: BrowserContext, inSeconds: number): Promise<Held> {
  const cookie = (await context.cookies()).find(({ name }) => name === COOKIE)!
  const before = (await signInOf(context))!
  const ended = { ...before, expires_at: Math.floor(Date.now() / 1000) + inSeconds }
  const value = `base64-${Buffer.from(JSON.stringify(ended)).toString('base64url')}`
  await context.addCookies([{ ...cookie, value }])
  return before
}

const name = (page: Page) => page.getByText('pe…@example.com')

test('a token that ends is refreshed with the next page or press, also by several at once', async ({
  context,
  page,
}) => {
  await signUp(page, stack.url)
  let before = await endToken(context, 30)
  await page.goto(`${stack.url}/likes`)
  await expect(name(page)).toBeVisible()
  let after = (await signInOf(context))!
  expect(after.refresh_token).not.toBe(before.refresh_token)
  expect(after.expires_at).toBeGreaterThan(Date.now() / 1000 + 3000)

  await page.goto(`${stack.url}/rank`)
  before = await endToken(context, -10)
  const pressed = page.waitForResponse(response => response.request().method() === 'PUT')
  await heartOf(page, BEAR).click()
  expect((await pressed).status()).toBe(200)
  after = (await signInOf(context))!
  expect(after.refresh_token).not.toBe(before.refresh_token)

  await endToken(context, -10)
  const pages = await Promise.all(
    ['/', '/rank', '/likes', '/people'].map(path => page.request.get(stack.url + path)),
  )
  expect(pages.map(response => response.status())).toEqual([200, 200, 200, 200])
  await page.goto(`${stack.url}/likes`)
  await expect(name(page)).toBeVisible()
  expect((await held(stack, BEAR)).sessions).toHaveLength(1)
})

test('a sign-in that was ended elsewhere ends here with the next refresh', async ({ context, page }) => {
  await signUp(page, stack.url)
  const { access_token } = (await signInOf(context))!
  const ended = await fetch(`${stack.supabase.url}/auth/v1/logout?scope=global`, {
    method: 'POST',
    headers: { apikey: stack.supabase.publishableKey, authorization: `Bearer ${access_token}` },
  })
  expect(ended.status).toBe(204)
  await endToken(context, -10)
  await page.goto(`${stack.url}/likes`)
  await expect(page.getByText('Seen by you alone, in this browser.')).toBeVisible()
  expect(await signInOf(context)).toBeUndefined()
  await pressHearts(page, stack.url, BEAR)
  expect((await held(stack, BEAR)).sessions[0]).toMatch(/^[\w-]{22}$/)
})

test('while Auth is away people who are signed in like; who cannot be told is no anonymous visitor', async ({
  context,
  page,
}) => {
  await signUp(page, stack.url)
  await pressHearts(page, stack.url, FOX)
  // Postgres has it, and says so no more once it is away.
  await expect.poll(() => keptPresses(page)).toHaveLength(0)
  await stack.supabase.kill()
  await heartOf(page, BEAR).click()
  await expect(countOf(page, BEAR)).toHaveText('447')
  await expect
    .poll(() => page.locator(`[data-post-id="${BEAR}"] [data-status="exact"]`).count())
    .toBeGreaterThan(0)

  await endToken(context, -10)
  const press = await page.request.put(`${stack.url}/api/likes/${FOX}`)
  expect(press.status()).toBe(503)
  expect(press.headers()['set-cookie']).toBeUndefined()
  const refused = page.waitForResponse(response => response.request().method() === 'DELETE')
  await heartOf(page, BEAR).click()
  expect((await refused).status()).toBe(503)
  await expect.poll(() => keptPresses(page)).toHaveLength(1)
  // Counts are those of this moment; no heart is shown as pressed or not.
  const rank = await page.request.get(`${stack.url}/rank`)
  expect(rank.status()).toBe(200)
  await page.goto(`${stack.url}/likes`)
  await expect(page.getByText('Your likes cannot be read right now')).toBeVisible()
  expect(await signInOf(context)).toBeDefined()

  await context.clearCookies({ name: COOKIE })
  await page.goto(`${stack.url}/sign-in`)
  await fillForm(page, newEmail())
  await page.locator('main').getByRole('button', { name: 'Sign in' }).click()
  await expect(
    page.getByRole('alert').filter({ hasText: 'Signing in does not work right now' }),
  ).toBeVisible()
})

test('likes are added while Redis is away, and are right when it is back', async ({ page }) => {
  await pressHearts(page, stack.url, BEAR, FOX)
  const before = await held(stack, BEAR)
  await signUp(page, stack.url)
  await expect(question(page)).toBeVisible()
  await stack.redis.kill()
  await page.getByRole('button', { name: 'Add 2 likes' }).click()
  await expect(outcome(page)).toHaveText(
    '2 likes are yours now. Some may still be on their way: add them in a moment.',
  )
  await stack.startRedis()
  await expect.poll(async () => (await held(stack, BEAR)).likes).toBe(before.likes)
  const { sessions } = await held(stack, BEAR)
  expect(sessions).toHaveLength(1)
  expect(sessions).not.toEqual(before.sessions)
  await expect.poll(() => liked(page, stack.url, BEAR, FOX)).toEqual([true, true])
  await expect(countOf(page, BEAR)).toHaveText('447')
})

test('likes cannot be added while the database is away: the page says so, and asks again', async ({
  page,
}) => {
  await pressHearts(page, stack.url, BEAR)
  await signUp(page, stack.url)
  await expect(question(page)).toBeVisible()
  await stack.supabase.kill()
  await page.getByRole('button', { name: 'Add 1 like' }).click()
  await expect(page.getByText('could not be added right now. None is lost')).toBeVisible()
})

test('attempts are limited by e-mail address, for a right password too', async ({ page }) => {
  const email = await signUp(page, stack.url)
  await signOut(page, stack.url)
  const attempt = async (typed: string, password: string) => {
    const response = await page.request.post(`${stack.url}/api/sign-in`, {
      form: { email: typed, password },
      maxRedirects: 0,
    })
    return response.headers().location
  }
  // One of ten was the new account.
  for (let i = 0; i < 9; i++)
    expect(await attempt(email, 'a wrong password')).toBe('/sign-in?problem=credentials')
  expect(await attempt(email, PASSWORD)).toBe('/sign-in?problem=wait')
  await page.goto(`${stack.url}/sign-in?problem=wait`)
  await expect(page.getByRole('alert').filter({ hasText: 'too many attempts' })).toBeVisible()
  expect(await attempt('another@example.com', PASSWORD)).toBe('/sign-in?problem=credentials')
})

test.describe('pages that are kept for later', () => {
  test.use({ serviceWorkers: 'allow' })

  /** Addresses and texts of the pages that the browser keeps. */
  const kept = (page: Page) =>
    page.evaluate(async () => {
      const cache = await caches.open('huella-pages')
      const pages = await Promise.all(
        (await cache.keys()).map(async request => {
          const html = await (await cache.match(request, { ignoreVary: true }))!.text()
          return [new URL(request.url).pathname, html] as const
        }),
      )
      return Object.fromEntries(pages)
    })
  const paths = async (page: Page) => Object.keys(await kept(page)).sort()

  test('are those of one person, name none, and go when another one signs in or out', async ({ page }) => {
    await page.goto(`${stack.url}/rank`)
    await page.evaluate(() => navigator.serviceWorker.ready)
    await page.goto(`${stack.url}/people`)
    await page.goto(`${stack.url}/likes`)
    await expect.poll(() => paths(page)).toEqual(['/likes', '/people', '/rank'])

    const email = await signUp(page, stack.url)
    await expect.poll(() => paths(page)).toEqual([])
    await page.goto(`${stack.url}/rank`)
    await page.goto(`${stack.url}/people`)
    await page.goto(`${stack.url}/likes`)
    await expect(name(page)).toBeVisible()
    await expect.poll(() => paths(page)).toEqual(['/people', '/rank'])
    for (const html of Object.values(await kept(page))) expect(html).not.toContain('pe…@')

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${stack.url}/`)
    await expect.poll(() => paths(page)).toEqual(['/'])
    await page.goto(`${stack.url}/people`)
    await signIn(page, stack.url, email)
    await page.goto(`${stack.url}/demo`)
    await expect.poll(() => paths(page)).toEqual([])
  })
})
