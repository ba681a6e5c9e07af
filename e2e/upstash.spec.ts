import { expect, test } from '@playwright/test'
import { type LocalStack, openVisitor, startLocalStack } from './support/local-stack'
import { BEAR, bearCount, follow, heart, press } from './support/views'

const PEOPLE = 12
const PRESSES = 12

// `npm start -- --redis upstash`, as a person types it: the application knows no Redis but by the official client.
test.setTimeout(240_000)

let stack: LocalStack
test.beforeAll(async () => {
  stack = await startLocalStack({
    mode: 'start',
    args: ['--port', '0', '--redis', 'upstash'],
    env: { ONECOUNT_LIMITS: 'off' },
  })
})
test.afterAll(() => stack?.stop())

test('a like through the client of Upstash is 447 on every page, and drained', async ({ page }) => {
  const { appUrl } = stack.stores
  expect(stack.log()).toContain('the REST interface of Upstash')
  await page.goto(`${appUrl}/rank`)
  await press(page, 446, 447)
  await follow(page, '/profile/lucia_nature')
  await expect(bearCount(page)).toHaveText('447')
  await follow(page, '/')
  await expect(bearCount(page)).toHaveText('447')
  await page.reload()
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'true')
  const visitor = await openVisitor(appUrl)
  await expect.poll(visitor.health).toMatchObject({ status: 'ok', redis: 'up', pending: 0, unseen: 0 })
  await expect.poll(async () => (await inPostgres()).likes.get(BEAR)).toBe(447)
})

test('what people press at once over HTTP is in Postgres as it was answered last', async () => {
  const { appUrl } = stack.stores
  const before = await inPostgres()
  const posts = [...before.likes.keys()].slice(0, 6)
  const visitors = await Promise.all(Array.from({ length: PEOPLE }, () => openVisitor(appUrl)))
  const hearts = await Promise.all(
    visitors.map(async (visitor, person) => {
      const own = new Map<string, boolean>()
      for (let n = 0; n < PRESSES; n++) {
        const post = posts[(person * 7 + n * 5) % posts.length]!
        const answer = await visitor.press(post, !own.get(post))
        expect(answer).toMatchObject({ liked: !own.get(post), source: 'redis' })
        own.set(post, answer.liked)
      }
      return own
    }),
  )
  await expect.poll(visitors[0]!.health).toMatchObject({ status: 'ok', pending: 0, unseen: 0 })
  const after = await inPostgres()
  for (const post of posts) {
    const liked = hearts.filter(own => own.get(post)).length
    expect(after.likes.get(post)! - before.likes.get(post)!, post).toBe(liked)
    expect((after.rows.get(post) ?? 0) - (before.rows.get(post) ?? 0), post).toBe(liked)
  }
})

/** Likes and rows of every post, by its id. */
async function inPostgres() {
  const { supabaseUrl, secretKey } = stack.stores
  const select = async <Row>(query: string): Promise<Row[]> => {
    const headers = { apikey: secretKey, authorization: `Bearer ${secretKey}` }
    return (await fetch(`${supabaseUrl}/rest/v1/${query}`, { headers })).json()
  }
  const posts = await select<{ id: string; likes: number }>('posts_new?select=id,likes&order=id')
  const ratings = await select<{ post_id: string }>('post_ratings?select=post_id')
  const rows = new Map<string, number>()
  for (const { post_id } of ratings) rows.set(post_id, (rows.get(post_id) ?? 0) + 1)
  return { likes: new Map(posts.map(({ id, likes }) => [id, likes])), rows }
}
