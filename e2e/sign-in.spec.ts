import { expect, test } from '@playwright/test'
import { readSession } from 'onecount/http'
import { startAppProcess } from './support/app-process'
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
  send,
  signIn,
  signOut,
  signUp,
} from './support/signing-in'
import { startApp, type TestStack } from './support/stack'
import { BEAR, FOX, isHydrated, keptPresses } from './support/views'

const SECRET = 'a-secret-for-tests-that-is-long-enough'

let stack: TestStack
let before: { bear: number; fox: number }
test.beforeAll(async () => {
  stack = await startApp({ env: { ONECOUNT_SECRET: SECRET } })
})
test.afterAll(() => stack?.stop())
test.beforeEach(async () => {
  const [bear, fox] = await Promise.all([held(stack, BEAR), held(stack, FOX)])
  before = { bear: bear.likes, fox: fox.likes }
})

test('what a browser liked before its person signed in is asked for, added, and right on every page', async ({
  context,
  page,
}) => {
  await pressHearts(page, stack.url, BEAR, FOX)
  await page.goto(`${stack.url}/rank`)
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: 'Create an account' }).click()
  await fillForm(page, 'lucia.fernandez@example.com')
  await send(page, 'Create account')

  await expect(question(page)).toHaveText('You liked 2 pictures before you signed in')
  await expect(page.getByText('lu…@example.com')).toBeVisible()
  // Nothing has been moved by itself.
  expect(await liked(page, stack.url, BEAR, FOX)).toEqual([false, false])
  await page.goto(`${stack.url}/likes?next=/rank`)
  await page.getByRole('button', { name: 'Add 2 likes' }).click()
  await expect(outcome(page)).toContainText('2 likes are yours now.')
  await expect(question(page)).toHaveCount(0)
  await expect(page.getByRole('article')).toHaveCount(2)

  await page.getByRole('link', { name: 'Go back to where you were' }).click()
  await page.waitForURL('**/rank')
  const tab = await context.newPage()
  for (const [where, path] of [
    [page, '/rank'],
    [page, '/profile/lucia_nature'],
    [page, '/'],
    [page, `/post/${BEAR}`],
    [tab, '/rank'],
  ] as const) {
    await where.goto(stack.url + path)
    await expect(countOf(where, BEAR), path).toHaveText(String(before.bear + 1))
    await expect(heartOf(where, BEAR), path).toHaveAttribute('aria-pressed', 'true')
  }
  const { sessions, likes } = await held(stack, BEAR)
  expect([sessions.length, likes]).toEqual([1, before.bear + 1])
  expect(sessions[0]).toMatch(/^[0-9a-f]{8}-/)
  expect((await held(stack, FOX)).sessions).toEqual(sessions)

  await signOut(page, stack.url)
  expect(await liked(page, stack.url, BEAR, FOX)).toEqual([false, false])
  // In another browser, with the same account.
  await context.clearCookies()
  await signIn(page, stack.url, 'lucia.fernandez@example.com')
  expect(await liked(page, stack.url, BEAR, FOX)).toEqual([true, true])
  await pressHearts(page, stack.url, BEAR, FOX)
})

test('a picture that both liked counts once, and the page says which were new', async ({ page }) => {
  const email = await signUp(page, stack.url)
  await pressHearts(page, stack.url, BEAR)
  await signOut(page, stack.url)
  await pressHearts(page, stack.url, BEAR, FOX)
  await expect(countOf(page, BEAR)).toHaveText(String(before.bear + 2))
  await signIn(page, stack.url, email)
  await page.getByRole('button', { name: 'Add 2 likes' }).click()
  await expect(outcome(page)).toHaveText('1 like is yours now; 1 you had already.')
  expect(await liked(page, stack.url, BEAR, FOX)).toEqual([true, true])
  await expect(countOf(page, BEAR)).toHaveText(String(before.bear + 1))
  await expect(countOf(page, FOX)).toHaveText(String(before.fox + 1))
  await pressHearts(page, stack.url, BEAR, FOX)
})

test('likes that a person leaves stay this browser’s, and the next sign-in asks again', async ({ page }) => {
  await pressHearts(page, stack.url, BEAR)
  const email = await signUp(page, stack.url)
  await expect(question(page)).toHaveText('You liked 1 picture before you signed in')
  // Not answered: asked again.
  await page.goto(`${stack.url}/rank`)
  await page.goto(`${stack.url}/likes`)
  await page.getByRole('button', { name: 'Leave them' }).click()
  await expect(question(page)).toHaveCount(0)
  await page.goto(`${stack.url}/likes`)
  await expect(page.getByText('No hearts yet')).toBeVisible()
  await expect(question(page)).toHaveCount(0)
  expect(await liked(page, stack.url, BEAR)).toEqual([false])

  await signOut(page, stack.url)
  expect(await liked(page, stack.url, BEAR)).toEqual([true])
  await signIn(page, stack.url, email)
  await expect(question(page)).toBeVisible()
  await page.getByRole('button', { name: 'Leave them' }).click()
  await signOut(page, stack.url)
  await pressHearts(page, stack.url, BEAR)
  expect((await held(stack, BEAR)).likes).toBe(before.bear)
})

test('the next person in this browser sees their own hearts, and is asked about what is left alone', async ({
  page,
}) => {
  await pressHearts(page, stack.url, BEAR)
  await signUp(page, stack.url)
  await page.getByRole('button', { name: 'Add 1 like' }).click()
  await expect(outcome(page)).toHaveText('1 like is yours now.')
  await signOut(page, stack.url)

  await signUp(page, stack.url)
  await expect(page.getByText('No hearts yet')).toBeVisible()
  await expect(question(page)).toHaveCount(0)
  await expect(outcome(page)).toHaveCount(0)
  expect(await liked(page, stack.url, BEAR)).toEqual([false])
  await pressHearts(page, stack.url, BEAR)
  await expect(countOf(page, BEAR)).toHaveText(String(before.bear + 2))
  await expect.poll(async () => (await held(stack, BEAR)).sessions.length).toBe(2)
})

test('pressed twice, or again after a reply that was lost, the answer moves nothing twice', async ({
  page,
}) => {
  await pressHearts(page, stack.url, BEAR, FOX)
  await signUp(page, stack.url)
  await expect(question(page)).toBeVisible()
  const answer = () => page.request.post(`${stack.url}/api/keep-likes`, { form: { answer: 'add' } })
  const answers = await Promise.all([answer(), answer()])
  expect(answers.map(response => response.status())).toEqual([200, 200])
  // The page that still asks.
  await page.getByRole('button', { name: 'Add 2 likes' }).click()
  await expect(outcome(page)).toHaveText('Nothing is left to add: what this browser liked is yours.')
  const { likes } = await held(stack, BEAR)
  expect(likes).toBe(before.bear + 1)
  await pressHearts(page, stack.url, BEAR, FOX)
})

test('an anonymous session that is missing or forged has nothing to add', async ({ context, page }) => {
  await pressHearts(page, stack.url, BEAR)
  const cookies = await context.cookies()
  const own = cookies.find(({ name }) => name === 'onecount_session')!
  expect(readSession(`onecount_session=${own.value}`, SECRET)).not.toBeNull()
  await context.clearCookies()
  await context.addCookies([{ ...own, value: own.value.replace(/\..*/, `.${'a'.repeat(43)}`) }])
  await signUp(page, stack.url)
  await expect(page.getByText('No hearts yet')).toBeVisible()
  await context.clearCookies({ name: 'onecount_session' })
  const response = await page.request.post(`${stack.url}/api/keep-likes`, { form: { answer: 'add' } })
  expect(await response.text()).toContain('Nothing is left to add')
  expect((await held(stack, BEAR)).sessions).toContain(own.value.split('.')[0])
})

test('a sign-in that Auth has not signed is none, and a person can sign in over it', async ({
  context,
  page,
}) => {
  const email = await signUp(page, stack.url)
  await page.goto(`${stack.url}/sign-in`)
  await expect(page).toHaveURL(`${stack.url}/likes`)
  const cookie = (await context.cookies()).find(({ name }) => name === 'huella-sign-in')!
  const stored = JSON.parse(Buffer.from(cookie.value.replace('base64-', ''), 'base64url').toString())
  const [head, , signature] = stored.access_token.split('.')
  const claims = Buffer.from(JSON.stringify({ sub: 'another', exp: stored.expires_at })).toString('base64url')
  const forged = { ...stored, access_token: `${head}.${claims}.${signature}` }
  const value = `base64-${Buffer.from(JSON.stringify(forged)).toString('base64url')}`
  await context.addCookies([{ ...cookie, value }])

  await pressHearts(page, stack.url, BEAR)
  const { sessions } = await held(stack, BEAR)
  expect(sessions).not.toContain('another')
  await page.goto(`${stack.url}/likes`)
  await expect(page.getByText('Seen by you alone, in this browser.')).toBeVisible()
  await signIn(page, stack.url, email)
  await expect(question(page)).toBeVisible()
  await signOut(page, stack.url)
  await pressHearts(page, stack.url, BEAR)
})

test('a press that was made before, and could not be sent, is not sent as the person who signs in', async ({
  context,
  page,
}) => {
  await pressHearts(page, stack.url, FOX)
  await expect.poll(() => keptPresses(page)).toHaveLength(0)
  await context.route(/\/api\/likes/, route => route.abort())
  await page.goto(`${stack.url}/rank`)
  await heartOf(page, BEAR).click()
  await expect.poll(() => keptPresses(page)).toHaveLength(1)
  await signUp(page, stack.url)
  // No answer has said who this is: the page says whose hearts it has.
  await page.goto(`${stack.url}/rank`)
  await expect.poll(() => heartOf(page, BEAR).evaluate(isHydrated)).toBe(true)
  await expect(heartOf(page, BEAR)).toHaveAttribute('aria-pressed', 'false')
  await context.unroute(/\/api\/likes/)
  expect(await liked(page, stack.url, BEAR)).toEqual([false])
  await page.waitForLoadState('networkidle')
  expect(await keptPresses(page)).toHaveLength(1)
  expect((await held(stack, BEAR)).likes).toBe(before.bear)

  await signOut(page, stack.url)
  await page.goto(`${stack.url}/rank`)
  await expect.poll(async () => (await held(stack, BEAR)).likes).toBe(before.bear + 1)
  const [own] = (await context.cookies()).filter(({ name }) => name === 'onecount_session')
  expect((await held(stack, BEAR)).sessions).toContain(own!.value.split('.')[0])
})

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false })

  test('a person signs up, adds what was liked, and signs out', async ({ page }) => {
    await page.goto(`${stack.url}/post/${BEAR}`)
    await heartOf(page, BEAR).click()
    await page.waitForURL(`**/post/${BEAR}#like-${BEAR}`)
    await page.goto(`${stack.url}/likes`)
    await page.getByRole('link', { name: 'Sign in' }).last().click()
    await page.getByRole('link', { name: 'Create an account' }).click()
    await fillForm(page, newEmail())
    await send(page, 'Create account')
    await page.getByRole('button', { name: 'Add 1 like' }).click()
    await expect(outcome(page)).toHaveText('1 like is yours now.')
    await expect(page.getByRole('article')).toHaveCount(1)
    expect(await liked(page, stack.url, BEAR)).toEqual([true])
    await signOut(page, stack.url)
    expect(await liked(page, stack.url, BEAR)).toEqual([false])
  })
})

test('the form says at its fields what is wrong, and keeps what was typed', async ({ page }) => {
  const email = await signUp(page, stack.url)
  await signOut(page, stack.url)
  const refused = async (path: string, button: string, typed: string, password: string) => {
    await page.goto(stack.url + path)
    await fillForm(page, typed, password)
    // As a client that checks nothing.
    await page
      .locator('form')
      .first()
      .evaluate((form: HTMLFormElement) => Object.assign(form, { noValidate: true }))
    const began = Date.now()
    await page.locator('main').getByRole('button', { name: button }).click()
    await page.waitForURL('**/sign-in?problem=**')
    await expect(page.getByLabel('E-mail address')).toHaveValue(typed)
    await expect(page.getByLabel('Password')).toHaveValue('')
    const field = page.locator('input[aria-invalid="true"]')
    await expect(field).toBeFocused()
    return [
      await field.getAttribute('name'),
      await page.locator('main [role="alert"]').textContent(),
      Date.now() - began,
    ] as const
  }
  const wrong = await refused('/sign-in', 'Sign in', email, 'another password')
  const unknown = await refused('/sign-in', 'Sign in', 'stranger@example.com', PASSWORD)
  expect(wrong.slice(0, 2)).toEqual(['password', 'The e-mail address or the password is wrong.'])
  expect(unknown.slice(0, 2)).toEqual(wrong.slice(0, 2))
  // Both wait: the one tells no sooner than the other.
  expect(Math.min(wrong[2], unknown[2])).toBeGreaterThanOrEqual(600)
  const create = (typed: string, password: string) =>
    refused('/sign-in?new=1', 'Create account', typed, password).then(([field]) => field)
  expect(await create(email, PASSWORD)).toBe('email')
  expect(await create('no address', PASSWORD)).toBe('email')
  expect(await create(newEmail(), '1234567')).toBe('password')
  expect(await create(newEmail(), 'x'.repeat(73))).toBe('password')
})

test('no other site signs a person in or out, or answers for them; no address leads away', async ({
  page,
}) => {
  const email = await signUp(page, stack.url)
  const post = async (path: string, form: Record<string, string>, headers: Record<string, string>) => {
    const response = await page.request.post(stack.url + path, { form, headers, maxRedirects: 0 })
    return [response.status(), response.headers().location]
  }
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ] as Record<string, string>[])
    for (const path of ['/api/sign-in', '/api/sign-out', '/api/keep-likes'])
      expect((await post(path, { email, password: PASSWORD, answer: 'add' }, headers))[0], path).toBe(403)
  await page.goto(`${stack.url}/likes`)
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible()

  for (const next of ['https://evil.example/', '//evil.example', '/\\evil.example', '/api/sign-out'])
    expect(await post('/api/sign-in', { email, password: PASSWORD, next }, {})).toEqual([303, '/likes'])
  expect(await post('/api/sign-in', { email, password: PASSWORD, next: '/rank' }, {})).toEqual([303, '/rank'])
  await signOut(page, stack.url)
  await page.goto(`${stack.url}/sign-in?next=//evil.example`)
  await expect(page.locator('input[name="next"]')).toHaveValue('/likes')
  const large = await page.request.post(`${stack.url}/api/sign-in`, { form: { email: 'x'.repeat(20_000) } })
  expect(large.status()).toBe(400)
})

test('the sign-in is in a cookie that no script reads, and no script of a page knows Auth', async ({
  context,
  page,
}) => {
  const requests: string[] = []
  context.on('request', request => requests.push(request.url()))
  await signUp(page, stack.url)
  for (const path of ['/', '/rank', '/likes']) {
    await page.goto(stack.url + path)
    await page.waitForLoadState('networkidle')
    expect(await page.evaluate(() => document.cookie)).not.toContain('huella')
  }
  const cookies = (await context.cookies()).filter(({ name }) => name.startsWith('huella'))
  expect(cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }))).toEqual([
    { name: 'huella-sign-in', httpOnly: true, sameSite: 'Lax' },
  ])
  expect(requests.filter(url => url.includes('/auth/v1'))).toEqual([])
  const scripts = [...new Set(requests.filter(url => url.includes('/_next/') && url.includes('.js')))]
  expect(scripts.length).toBeGreaterThan(3)
  for (const script of scripts)
    expect(await (await page.request.get(script)).text(), script).not.toMatch(/grant_type|refresh_token/)

  const secure = await fetch(`${stack.url}/api/sign-in`, {
    method: 'POST',
    body: new URLSearchParams({ email: newEmail(), password: PASSWORD, new: '1' }),
    headers: { 'x-forwarded-proto': 'https' },
    redirect: 'manual',
  })
  const set = secure.headers.getSetCookie().find(cookie => cookie.startsWith('__Host-huella-sign-in='))
  expect(set).toMatch(/Path=\/; HttpOnly; Secure; SameSite=Lax/i)
  const plain = await page.request.post(`${stack.url}/api/sign-in`, {
    form: { email: newEmail(), password: PASSWORD, new: '1' },
    headers: { host: 'huella.example' },
    maxRedirects: 0,
  })
  expect(plain.headers().location).toBe('/sign-in?problem=insecure&new=1')
})

test('no answer that a cache may keep has the name or the hearts of a person', async ({ context, page }) => {
  await signUp(page, stack.url, 'sofia.known@example.com')
  await pressHearts(page, stack.url, BEAR)
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  for (const path of [
    '/',
    '/rank',
    '/likes',
    '/people',
    '/profile/lucia_nature',
    `/post/${BEAR}`,
    '/offline',
    '/demo',
  ])
    for (const headers of [
      {},
      { rsc: '1' },
      { rsc: '1', 'next-router-prefetch': '1' },
      { rsc: '1', 'next-router-prefetch': '1', 'next-router-segment-prefetch': '/_tree' },
    ] as Record<string, string>[]) {
      const response = await fetch(stack.url + path, { headers: { ...headers, cookie } })
      const text = await response.text()
      const what = `${path} ${Object.keys(headers)}`
      expect(response.status, what).toBeLessThan(500)
      if (path !== '/likes') expect(text, what).not.toContain('so…@')
      expect(text, what).not.toContain('sofia.known')
      if (/private|no-store/.test(response.headers.get('cache-control') ?? '')) continue
      expect(text, what).not.toMatch(/aria-pressed="true"|"liked":true/)
    }
  await pressHearts(page, stack.url, BEAR)
})

test('"back" after signing out shows neither the name nor the hearts', async ({ page }) => {
  await signUp(page, stack.url)
  await pressHearts(page, stack.url, BEAR)
  await page.goto(`${stack.url}/likes`)
  await expect(page.getByText('pe…@example.com')).toBeVisible()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(`${stack.url}/`)
  await page.goBack({ waitUntil: 'commit' })
  await expect(page.getByText('Seen by you alone, in this browser.')).toBeVisible()
  await expect(page.getByText('pe…@example.com')).toHaveCount(0)
  await page.goBack({ waitUntil: 'commit' })
  await expect(page).toHaveURL(/\/rank$/)
  await expect(heartOf(page, BEAR)).toHaveAttribute('aria-pressed', 'false')
})

test('where Auth is not configured there is no way to sign in, and nothing else is different', async ({
  page,
}) => {
  const app = await startAppProcess({
    SUPABASE_URL: stack.supabase.url,
    SUPABASE_PUBLISHABLE_KEY: stack.supabase.publishableKey,
    SUPABASE_SECRET_KEY: stack.supabase.secretKey,
    REDIS_URL: stack.redis.url,
    ONECOUNT_SECRET: SECRET,
    SUPABASE_AUTH: '',
  })
  try {
    await page.goto(`${app.url}/likes`)
    await expect(page.getByText('Seen by you alone, in this browser.')).toBeVisible()
    await page.waitForLoadState('networkidle')
    await expect(page.locator('a[href^="/sign-in"]')).toHaveCount(0)
    expect((await page.goto(`${app.url}/sign-in`))!.status()).toBe(404)
    for (const path of ['sign-in', 'sign-out', 'keep-likes'])
      expect((await page.request.post(`${app.url}/api/${path}`, { form: {} })).status(), path).toBe(404)
    await pressHearts(page, app.url, BEAR)
    await pressHearts(page, app.url, BEAR)
  } finally {
    await app.kill()
  }
})
