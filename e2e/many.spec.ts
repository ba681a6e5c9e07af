import type { LocalSupabase } from '@onecount/dev-stack/supabase'
import { expect, test } from '@playwright/test'
import { Redis } from 'ioredis'
import { type CountedSupabase, countSupabase } from './support/counted-supabase'
import { rankingComplete } from './support/ranking'
import { addRows, rowId } from './support/rows'
import { startApp, type TestStack } from './support/stack'
import { BEAR } from './support/views'

const PEOPLE = 5000
const A_PAGE_OF_PEOPLE = 30
const POSTS = 10_000
/** Pictures of the one person: few, and many. */
const FEW = 64
const MANY = 10_000
const ROUNDS = 25
const WARM_UP = 3

interface Site extends TestStack {
  counted: CountedSupabase
}

/** The seed's 64 posts, and a person with so many pictures; with `others` 10,000 posts of 5,000 people more. */
async function startSite(pictures: number, others: boolean): Promise<Site> {
  let target: LocalSupabase | undefined
  const counted = await countSupabase(() => target!)
  const prepare = async (supabase: LocalSupabase) => {
    target = supabase
    await addRows({ supabase }, 'profiles', 1, () => person(PEOPLE, 'one_person'))
    await addRows({ supabase }, 'posts_new', pictures, n => picture(3, n, PEOPLE))
    const people = others ? PEOPLE : A_PAGE_OF_PEOPLE
    await addRows({ supabase }, 'profiles', people, n => person(n, `z_person_${String(n).padStart(5, '0')}`))
    if (others) await addRows({ supabase }, 'posts_new', POSTS, n => picture(2, n, n % PEOPLE))
  }
  const stack = await startApp({ env: { SUPABASE_URL: counted.url }, prepare })
  await rankingComplete(stack)
  // Nothing is cached, and no background work of the first start is under way.
  await stack.app.restart()
  return { ...stack, counted }
}

const person = (n: number, username: string) => ({
  id: rowId(1, n),
  username,
  display_name: `Person ${n}`,
  avatar_url: '/avatars/lucia_nature.svg',
})

const picture = (kind: number, n: number, author: number) => ({
  id: rowId(kind, n),
  author_id: rowId(1, author),
  caption: `Picture ${n}`,
  image_url: `/scenes/${BEAR}.svg`,
  // Few with likes: Postgres tells Redis of each row that is made with some.
  likes: kind === 3 && n % 100 === 0 ? 100 : 0,
  created_at: new Date(Date.UTC(2020, 0, 1) + n * 60_000).toISOString(),
})

let few: Site
let many: Site
test.beforeAll(async () => {
  test.setTimeout(600_000)
  few = await startSite(FEW, false)
  many = await startSite(MANY, true)
})
test.afterAll(async () => {
  for (const site of [few, many]) {
    await site?.stop()
    await site?.counted.close()
  }
})

const PATHS = [
  '/',
  '/people',
  '/rank',
  '/likes',
  '/profile/one_person',
  '/profile/lucia_nature',
  `/post/${BEAR}`,
  `/post/${rowId(3, 7)}`,
]
/** Deep in lists that are long at the one site alone. */
const DEEP = [
  `/rank?after=0_${rowId(3, 9400)}`,
  `/profile/one_person?before=2020-01-04T00:00:00%2B00:00_${rowId(3, 4320)}`,
]
/** Of the engine, in the background: to find posts that Redis has never heard of, a thousand rows now and then. */
const BACKGROUND = ['rpc/onecount_ranking', 'rpc/onecount_likes', 'rpc/onecount_status']

interface Asked {
  /** Of the first HTML. */
  bytes: number
  /** Rows of tables. */
  rows: number
  /** Of everything that Postgres answered. */
  postgresBytes: number
  /** Of everything that Redis answered. */
  redisBytes: number
}

/** Opens a page and sees what its server asks the stores for. */
async function ask(site: Site, redis: Redis, path: string): Promise<Asked> {
  const sent = async () => Number(/total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))![1])
  site.counted.take()
  const before = await sent()
  const response = await fetch(site.url + path)
  const html = await response.text()
  expect(response.status, path).toBe(200)
  const redisBytes = (await sent()) - before
  const answers = site.counted.take().filter(({ of }) => !BACKGROUND.includes(of))
  return {
    bytes: html.length,
    rows: answers.filter(({ of }) => !of.startsWith('rpc/onecount')).reduce((sum, { rows }) => sum + rows, 0),
    postgresBytes: answers.reduce((sum, { bytes }) => sum + bytes, 0),
    redisBytes,
  }
}

test('no page is larger or asks for more rows with 20,000 posts than with 128', async () => {
  const [fewRedis, manyRedis] = [new Redis(few.redis.url), new Redis(many.redis.url)]
  try {
    for (const path of PATHS) {
      // Not cached, then cached: both are bounded.
      for (const visit of ['first', 'second']) {
        const least = await ask(few, fewRedis, path)
        const most = await ask(many, manyRedis, path)
        const what = `${path}, ${visit} visit: ${JSON.stringify({ least, most })}`
        expect(most.bytes, what).toBeLessThan(1.1 * least.bytes + 2000)
        expect(most.rows, what).toBeLessThanOrEqual(least.rows + 20)
        expect(most.rows, what).toBeLessThanOrEqual(visit === 'first' ? 150 : 1)
        expect(most.postgresBytes, what).toBeLessThan(1.25 * least.postgresBytes + 5000)
        expect(most.redisBytes, what).toBeLessThan(1.25 * least.redisBytes + 20_000)
      }
    }
    for (const path of DEEP) {
      const deep = await ask(many, manyRedis, path)
      expect(deep.rows, path).toBeLessThanOrEqual(150)
      // The ids of a thousand posts, and what a page has.
      expect(deep.redisBytes, path).toBeLessThan(150_000)
    }
  } finally {
    fewRedis.disconnect()
    manyRedis.disconnect()
  }
})

/** Milliseconds until a byte of an answer came. */
interface Times {
  first: number
  last: number
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!

test('neither the first byte nor the last one of a page takes longer with 20,000 posts than with 128', async () => {
  test.setTimeout(600_000)
  const times = async (site: Site, path: string) => {
    const began = performance.now()
    const response = await fetch(site.url + path)
    const first = performance.now() - began
    await response.arrayBuffer()
    return { first, last: performance.now() - began }
  }
  const slower: string[] = []
  for (const path of [...PATHS, ...DEEP]) {
    const found = { least: [] as Times[], most: [] as Times[] }
    const beginning = path.split('?')[0]!
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      const [least, most] = [await times(few, beginning), await times(many, path)]
      if (round < WARM_UP) continue
      found.least.push(least)
      found.most.push(most)
    }
    for (const byte of ['first', 'last'] as const) {
      const [least, most] = [median(found.least.map(t => t[byte])), median(found.most.map(t => t[byte]))]
      // A machine that does something else as well; a page that reads what it should not takes many times as long.
      if (most > 1.5 * least + 5)
        slower.push(`${path}, ${byte}: ${most.toFixed(1)} ms, with few ${least.toFixed(1)} ms`)
    }
  }
  expect(slower).toEqual([])
})

test('everybody can be reached among 5,000 people, and a profile of 10,000 pictures has the totals of all', async ({
  page,
}) => {
  await page.goto(`${many.url}/`)
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

  for (const path of ['/profile/one_person', DEEP[1]!]) {
    await page.goto(many.url + path)
    const totals = page.locator('dd > span[title]').filter({ visible: true })
    await expect(totals).toHaveText(['10\u00a0K', '10\u00a0K'])
    await expect(totals.nth(0)).toHaveAttribute('title', '10,000')
    await expect(totals.nth(1)).toHaveAttribute('title', /^10,000\. /)
  }
})
