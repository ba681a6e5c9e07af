import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { readRows } from './support/rows'
import { startApp, type TestStack } from './support/stack'
import { BEAR, bearCount, heart, keptPresses, press, shows } from './support/views'

test.use({ serviceWorkers: 'allow' })

let stack: TestStack
test.beforeEach(async () => {
  stack = await startApp()
})
test.afterEach(() => stack.stop())

const bar = (page: Page) => page.getByRole('status').filter({ hasText: 'You are offline' })

const open = (page: Page, path: string) => page.goto(`${stack.url}${path}`)

/** Addresses that the service worker has kept, of pages and of files. */
const kept = (
  page: Page,
  ...names: ('huella-pages' | 'huella-files' | 'huella-shell')[]
): Promise<string[]> =>
  page.evaluate(async names => {
    const requests = await Promise.all(names.map(async name => (await caches.open(name)).keys()))
    return requests.flat().map(({ url }) => new URL(url).pathname)
  }, names)

/** Waits until the worker keeps these pages, with what they need. */
async function isKept(page: Page, ...paths: string[]): Promise<void> {
  await expect
    .poll(() => kept(page, 'huella-pages', 'huella-shell'))
    .toEqual(expect.arrayContaining(['/offline', ...paths]))
  const needed = () =>
    page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map(({ name }) => new URL(name).pathname)
        .filter(path => path.startsWith('/_next/static/')),
    )
  await expect
    .poll(async () => kept(page, 'huella-files', 'huella-shell'))
    .toEqual(expect.arrayContaining(await needed()))
}

/** The network is gone for the browser, and the server for everybody: no worker can reach it either. */
async function goOffline(context: BrowserContext): Promise<void> {
  await context.setOffline(true)
  await stack.app.kill()
}

async function comeBack(context: BrowserContext): Promise<void> {
  await stack.app.restart()
  await context.setOffline(false)
}

test('without a network the last pages open, hearts are kept, and sent when it is back', async ({
  context,
  page,
}) => {
  await open(page, '/')
  await isKept(page, '/')
  await open(page, '/rank')
  await isKept(page, '/rank')
  await goOffline(context)

  await page.reload()
  await expect(bearCount(page)).toHaveText('446')
  await expect(bar(page)).toHaveText(/This page is of (just now|\d minutes? ago)\./)
  await shows(page, 'last-known')
  await press(page, 446, 447)
  await shows(page, 'retrying')
  await expect(bar(page)).toContainText('1 heart waits')

  // The document of another page, with the same press in it.
  await open(page, '/')
  await expect(page).toHaveTitle(/huella/)
  await expect(bar(page)).toContainText('1 heart waits')

  await open(page, '/people')
  await expect(page.getByRole('heading', { level: 1, name: 'No signal out here' })).toBeVisible()
  await expect(bar(page)).toContainText('1 heart waits')
  await expect(bar(page)).not.toContainText('This page is of')
  await page
    .getByRole('navigation', { name: 'Pages you have with you' })
    .getByRole('link', { name: /Rank/ })
    .click()
  await expect(bearCount(page)).toHaveText('447')
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'true')

  await comeBack(context)
  await shows(page, 'exact')
  // The page is an old one still, and says so; its numbers are those of now.
  await expect(page.getByRole('status').filter({ hasText: 'The site could not be reached' })).toBeVisible()
  await expect.poll(() => keptPresses(page)).toEqual([])
  expect(await readRows(stack, `posts_new?select=likes&id=eq.${BEAR}`)).toEqual([{ likes: 447 }])
  await page.reload()
  await expect(bearCount(page)).toHaveText('447')
  await expect(page.getByText('could not be reached')).toHaveCount(0)
  expect(await page.evaluate(() => document.documentElement.dataset.keptAt)).toBeUndefined()
})

test('the first page that a visitor opens is kept too, and a link leads to a page that is', async ({
  context,
  page,
}) => {
  await open(page, '/likes')
  await isKept(page, '/likes')
  await open(page, '/rank')
  await isKept(page, '/rank')
  await page.close()
  await goOffline(context)

  const next = await context.newPage()
  await open(next, '/likes')
  await next.getByRole('link', { name: 'Rank', exact: true }).first().click()
  await expect(bearCount(next)).toHaveText('446')
  await expect(next).toHaveURL(`${stack.url}/rank`)
})

test('answers of the API, the demo and other files than pages are never kept', async ({ page }) => {
  // The first page of all is one that is not kept: the worker is told of it.
  await open(page, '/demo')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('One like, four pages')
  await isKept(page)
  await open(page, '/rank')
  await isKept(page, '/rank')
  await open(page, '/demo')
  await open(page, '/api/health')
  await open(page, '/post/00000000-0000-4000-8000-000000000000')
  await open(page, '/people')
  await isKept(page, '/people')
  expect((await kept(page, 'huella-pages')).sort()).toEqual(['/people', '/rank'])
  for (const path of await kept(page, 'huella-files'))
    expect(path).toMatch(/^\/(_next\/static|scenes|avatars)\//)
})
