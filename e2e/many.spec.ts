import { expect, test } from '@playwright/test'
import { startApp, type TestStack } from './support/stack'
import { BEAR } from './support/views'

const PEOPLE = 5000
const POSTS = 10_000
/** Rows in one request. */
const AT_ONCE = 1000

let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp()
})
test.afterAll(() => stack?.stop())

const id = (kind: number, n: number) => `000000${kind}0-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`

/** Adds rows to a table as the application's own server does. */
async function add(table: string, count: number, row: (n: number) => object): Promise<void> {
  const { url, secretKey } = stack.supabase
  for (let from = 0; from < count; from += AT_ONCE) {
    const rows = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, n) => row(from + n))
    const response = await fetch(`${url}/rest/v1/${table}`, {
      method: 'POST',
      headers: {
        apikey: secretKey,
        authorization: `Bearer ${secretKey}`,
        'content-type': 'application/json',
        prefer: 'return=minimal',
      },
      body: JSON.stringify(rows),
    })
    expect(response.status, await response.text()).toBe(201)
  }
}

/** Bytes of the first HTML of each page. */
async function sizes(): Promise<Map<string, number>> {
  const paths = ['/', '/people', '/rank', '/likes', '/profile/lucia_nature', `/post/${BEAR}`]
  const found = new Map<string, number>()
  for (const path of paths) {
    const response = await fetch(stack.url + path)
    expect(response.status, path).toBe(200)
    found.set(path, (await response.text()).length)
  }
  return found
}

test('with 5,000 people and 10,000 posts no page is larger, and everybody can be reached', async ({
  page,
}) => {
  test.setTimeout(240_000)
  const before = await sizes()
  await add('profiles', PEOPLE, n => ({
    id: id(1, n),
    username: `z_person_${String(n).padStart(5, '0')}`,
    display_name: `Person ${n}`,
    avatar_url: '/avatars/lucia_nature.svg',
  }))
  await add('posts_new', POSTS, n => ({
    id: id(2, n),
    author_id: id(1, n % PEOPLE),
    caption: `Picture ${n}`,
    image_url: `/scenes/${BEAR}.svg`,
    created_at: new Date(Date.UTC(2020, 0, 1) + n * 60_000).toISOString(),
  }))
  // What is cached is of before.
  await stack.app.restart()
  const after = await sizes()
  for (const [path, bytes] of after) {
    // The ranking is 100 posts long, and the seed has 64.
    const most = path === '/rank' ? (before.get(path)! * 100) / 64 : before.get(path)!
    expect(bytes, `${path}, ${before.get(path)} bytes before`).toBeLessThan(1.25 * most)
  }

  await page.goto(`${stack.url}/`)
  await page.getByRole('link', { name: 'Everybody' }).click()
  await page.waitForURL('**/people')
  // The page that was left is kept, hidden.
  const people = page.locator('main').locator('a[href^="/profile/"]').filter({ visible: true })
  await expect(people).toHaveCount(24)
  const first = await people.evaluateAll(links => links.map(link => link.getAttribute('href')))
  await page.getByRole('link', { name: 'More people' }).click()
  await page.waitForURL(/\/people\?after=/)
  await expect.poll(() => people.first().getAttribute('href')).not.toBe(first[0])
  await expect(people).toHaveCount(24)
  const second = await people.evaluateAll(links => links.map(link => link.getAttribute('href')))
  expect(second.filter(href => first.includes(href))).toEqual([])
})
