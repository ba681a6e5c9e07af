import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { createClient } from '@supabase/supabase-js'
import WebSocket from 'ws'
import { assertExplained } from './support/explain'
import { recordCounts } from './support/recorder'
import { startApp, type TestStack } from './support/stack'
import { BEAR, bearCount, follow, heart, press, realtimeReady, saved, shows } from './support/views'
import { Visitor } from './support/visitors'

/** One for all tests: each leaves the polar bear as it found it. */
let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp()
})
test.afterAll(() => stack?.stop())

/** Another browser of the same session, as after a sign-in on a second device. */
async function secondDevice(context: BrowserContext): Promise<BrowserContext> {
  const other = await context.browser()!.newContext()
  await other.addCookies(await context.cookies())
  return other
}

/** Ids that the page asks the server for from now on. */
function asked(page: Page): Set<string> {
  const ids = new Set<string>()
  page.on('request', request => {
    const list = new URL(request.url()).searchParams.get('ids')
    for (const id of list?.split(',') ?? []) ids.add(id)
  })
  return ids
}

test('a like that was undone on another device of the session leaves the heart too', async ({
  context,
  page,
}) => {
  const log = await recordCounts(context)
  const subscribed = realtimeReady(page)
  await page.goto(`${stack.url}/`)
  await subscribed
  await press(page, 446, 447)
  await saved(page)

  const other = await secondDevice(context)
  const otherPage = await other.newPage()
  await otherPage.goto(`${stack.url}/rank`)
  await expect(heart(otherPage)).toHaveAttribute('aria-pressed', 'true')
  await press(otherPage, 447, 446)
  await expect(bearCount(page)).toHaveText('446')
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'false')
  await press(otherPage, 446, 447)
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'true')
  await expect(bearCount(page)).toHaveText('447')
  assertExplained(log, { post: BEAR, counts: [446, 447, 446, 447] })
  await press(otherPage, 447, 446)
  await saved(otherPage)
  await other.close()
})

test('a broadcast of another client with the key of the page changes nothing', async ({ page }) => {
  const subscribed = realtimeReady(page)
  await page.goto(`${stack.url}/`)
  await subscribed
  await expect(bearCount(page)).toHaveText('446')

  const attacker = () =>
    createClient(stack.supabase.url, stack.supabase.publishableKey, {
      realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
    }).channel('onecount:posts_new')
  const joined = (channel: ReturnType<typeof attacker>) =>
    new Promise<void>(resolve => channel.subscribe(status => status === 'SUBSCRIBED' && resolve()))
  const [sender, witness] = [attacker(), attacker()]
  let heard = 0
  witness.on('broadcast', { event: '*' }, () => heard++)
  await Promise.all([joined(sender), joined(witness)])
  const forged = [999, 0].flatMap(count => [4.6e15, (Date.now() + 1000) * 1000].map(rev => ({ count, rev })))
  for (const { count, rev } of forged) {
    await sender.send({ type: 'broadcast', event: 'likes', payload: { postId: BEAR, count, rev } })
    const row = { id: BEAR, likes: count, likes_rev: rev }
    const payload = { ids: [1], data: { schema: 'public', table: 'posts_new', type: 'UPDATE', record: row } }
    await sender.send({ type: 'broadcast', event: 'postgres_changes', payload })
  }
  await expect.poll(() => heard).toBe(2 * forged.length)
  await expect(bearCount(page)).toHaveText('446')

  // A row that the server changes after them is heard, so they were heard before it.
  const op = page.waitForRequest(request => request.method() === 'PUT')
  await press(page, 446, 447)
  expect((await op).postDataJSON().op % 2).toBe(1)
  await saved(page)
  await page.reload()
  await expect(bearCount(page)).toHaveText('447')
  await expect(heart(page)).toHaveAttribute('aria-pressed', 'true')
  await press(page, 447, 446)
  await saved(page)
  await Promise.all([sender.unsubscribe(), witness.unsubscribe()])
})

for (const how of ['refused', 'hanging'] as const) {
  test(`a page that stays in front without Realtime reads the posts on screen again: ${how}`, async ({
    context,
    page,
  }) => {
    await page.routeWebSocket(/realtime/, socket => {
      if (how === 'refused') socket.close()
    })
    const log = await recordCounts(context)
    await page.goto(`${stack.url}/rank`)
    await follow(page, '/profile/lucia_nature')
    await expect(bearCount(page)).toHaveText('446')
    const ids = asked(page)

    const visitor = new Visitor(stack.url)
    await visitor.arrive(BEAR)
    await visitor.press(BEAR, true)
    await expect(bearCount(page)).toHaveText('447')
    await shows(page, 'exact')
    const wall = await page
      .getByRole('article')
      .filter({ visible: true })
      .evaluateAll(articles => articles.map(article => (article as HTMLElement).dataset.postId))
    expect(wall).toEqual(expect.arrayContaining([...ids]))
    assertExplained(log, { post: BEAR, counts: [446, 447] })
    await visitor.press(BEAR, false)
    await expect(bearCount(page)).toHaveText('446')
  })
}
