import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { createClient } from '@supabase/supabase-js'
import { topicOf } from 'onecount'
import WebSocket from 'ws'
import { startApp, type TestStack } from './support/stack'
import { BEAR, bearCount, press, realtimeMessage, realtimeReady, saved } from './support/views'

let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp()
})
test.afterAll(() => stack?.stop())

/** What a page asks of Realtime and hears from it. */
function watchRealtime(page: Page) {
  const seen = { joined: new Set<string>(), left: new Set<string>(), rows: 0, likes: [] as unknown[] }
  page.on('websocket', socket => {
    socket.on('framesent', ({ payload }) => {
      const { topic, event, body } = realtimeMessage(payload)
      const { postgres_changes: bindings } = (body.config ?? {}) as { postgres_changes?: unknown[] }
      if (event === 'phx_join' && bindings?.length) seen.rows++
      if (event === 'phx_join') seen.joined.add(topic.replace('realtime:', ''))
      if (event === 'phx_leave') seen.left.add(topic.replace('realtime:', ''))
    })
    socket.on('framereceived', ({ payload }) => {
      const { event, body } = realtimeMessage(payload)
      if (event === 'broadcast') seen.likes.push((body.payload as { likes: unknown }).likes)
    })
  })
  return seen
}

async function open(context: BrowserContext, path: string) {
  const page = await context.newPage()
  const [seen, ready] = [watchRealtime(page), realtimeReady(page)]
  await page.goto(`${stack.url}${path}`)
  await ready
  return { page, seen }
}

test('a like is on the screen of another browser by a broadcast, without the changes of rows', async ({
  browser,
}) => {
  const [one, two] = await Promise.all([browser.newContext(), browser.newContext()])
  const { page, seen } = await open(one, '/')
  const other = await open(two, '/rank')
  await expect(bearCount(page)).toHaveText('446')
  await press(other.page, 446, 447)
  await expect(bearCount(page)).toHaveText('447')
  await expect.poll(() => seen.likes.length).toBeGreaterThan(0)
  expect(seen.likes.flat()).toContainEqual([BEAR, 447, expect.any(Number)])
  await press(other.page, 447, 446)
  await expect(bearCount(page)).toHaveText('446')
  await saved(other.page)
  // Neither page has asked for rows.
  expect([seen.rows, other.seen.rows]).toEqual([0, 0])
  await Promise.all([one.close(), two.close()])
})

test('a page joins the topics of its posts alone', async ({ context }) => {
  const { seen } = await open(context, `/post/${BEAR}`)
  expect([...seen.joined].every(topic => /^likes:\d+$/.test(topic))).toBe(true)
  expect(seen.joined).toContain(topicOf('like', BEAR))
  expect(seen.joined.size).toBeLessThan(16)
})

test('a message that a browser sends on a topic of likes reaches no page', async ({ context }) => {
  const { page, seen } = await open(context, '/')
  const forger = createClient(stack.supabase.url, stack.supabase.publishableKey, {
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })
  const channel = forger.channel(topicOf('like', BEAR), { config: { private: true } })
  await new Promise<void>(resolve => channel.subscribe(status => status === 'SUBSCRIBED' && resolve()))
  const forged = { likes: [[BEAR, 999, (Date.now() + 1000) * 1000]] }
  await channel.send({ type: 'broadcast', event: 'likes', payload: forged })
  await channel.httpSend('likes', forged)
  // What the server sends after them is heard, so they would have been heard before it.
  await press(page, 446, 447)
  await saved(page)
  await expect.poll(() => seen.likes.length).toBeGreaterThan(0)
  expect(seen.likes.flat()).not.toContainEqual(forged.likes[0])
  await expect(bearCount(page)).toHaveText('447')
  await press(page, 447, 446)
  await saved(page)
  await forger.removeAllChannels()
})

test('a page whose socket was cut is right again as soon as it has joined', async ({ browser }) => {
  const [one, two] = await Promise.all([browser.newContext(), browser.newContext()])
  const page = await one.newPage()
  const sockets: { close(): unknown }[] = []
  let isCut = false
  await page.routeWebSocket(/realtime/, socket => {
    if (isCut) return socket.close()
    sockets.push(socket)
    socket.connectToServer()
  })
  const ready = page.waitForEvent('websocket')
  await page.goto(`${stack.url}/`)
  await ready
  await expect(bearCount(page)).toHaveText('446')
  isCut = true
  for (const socket of sockets) socket.close()
  const other = await open(two, '/rank')
  await press(other.page, 446, 447)
  await saved(other.page)
  isCut = false
  await expect(bearCount(page)).toHaveText('447')
  await press(other.page, 447, 446)
  await expect(bearCount(page)).toHaveText('446')
  await saved(other.page)
  await Promise.all([one.close(), two.close()])
})

test('a database without the policy: pages follow the rows', async ({ browser }) => {
  const [one, two] = await Promise.all([browser.newContext(), browser.newContext()])
  const page = await one.newPage()
  let rows = 0
  // As Realtime answers where the policy is missing.
  await page.routeWebSocket(/realtime/, socket => {
    const server = socket.connectToServer()
    socket.onMessage(frame => {
      const { topic, event } = realtimeMessage(frame)
      if (event === 'phx_join' && String(frame).includes('"table":"posts_new"')) rows++
      if (event !== 'phx_join' || !topic.startsWith('realtime:likes:')) return server.send(frame)
      const [joinRef, ref] = JSON.parse(String(frame))
      const response = { reason: `Unauthorized: You do not have permissions to read from this Channel topic` }
      socket.send(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status: 'error', response }]))
    })
  })
  await page.goto(`${stack.url}/`)
  await expect.poll(() => rows).toBe(1)
  const other = await open(two, '/rank')
  await expect(bearCount(page)).toHaveText('446')
  await press(other.page, 446, 447)
  await expect(bearCount(page)).toHaveText('447')
  await press(other.page, 447, 446)
  await saved(other.page)
  await Promise.all([one.close(), two.close()])
})
