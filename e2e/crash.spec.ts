import { expect, test } from '@playwright/test'
import { createClient } from '@supabase/supabase-js'
import { Redis } from 'ioredis'
import WebSocket from 'ws'
import { POSTS } from '../scripts/seed/data'
import { drained } from './support/drained'
import { startApp, type TestStack } from './support/stack'
import { Visitor } from './support/visitors'

const SESSIONS = 50
const PRESSES = 30
const posts = POSTS.filter(post => post.likes > 0).slice(0, 20)

let stack: TestStack
let redis: Redis
test.beforeEach(async () => {
  stack = await startApp()
  redis = new Redis(stack.redis.url)
})
test.afterEach(async () => {
  redis.disconnect()
  await stack.stop()
})

test('nothing acknowledged is missing when the application is killed twice while 50 people like 20 posts', async () => {
  const visitors = Array.from({ length: SESSIONS }, () => new Visitor(stack.url))
  await Promise.all(visitors.map(visitor => visitor.arrive(posts[0]!.id)))
  let acknowledged = 0
  const liking = Promise.all(
    visitors.map(async visitor => {
      for (let i = 0; i < PRESSES; i++) {
        const post = posts[Math.floor(Math.random() * posts.length)]!
        await visitor.press(post.id, !visitor.acknowledged.get(post.id))
        acknowledged++
      }
    }),
  )
  for (const share of [0.3, 0.6]) {
    await expect.poll(() => acknowledged).toBeGreaterThan(SESSIONS * PRESSES * share)
    await stack.app.kill()
    await stack.app.restart()
  }
  await liking
  expect(acknowledged).toBe(SESSIONS * PRESSES)
  await drained(stack.url)

  const admin = createClient(stack.supabase.url, stack.supabase.secretKey, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })
  for (const post of posts) {
    const base = post.likes - post.ratings
    const { data: row } = await admin.from('posts_new').select('likes').eq('id', post.id).single()
    const { data: rows } = await admin.from('post_ratings').select('session_id').eq('post_id', post.id)
    const rated = rows!.map(rating => rating.session_id as string).sort()
    expect(row!.likes, post.id).toBe(base + rated.length)
    expect(await redis.get(`post:likes:${post.id}`), post.id).toBe(String(row!.likes))
    // Those of before are no news to Redis.
    const pressed = rated.filter(id => visitors.some(({ sessionId }) => sessionId === id))
    expect((await redis.smembers(`post:liked:${post.id}`)).sort(), post.id).toEqual(pressed)
    for (const visitor of visitors) {
      const wanted = visitor.acknowledged.get(post.id) ?? false
      expect(rated.includes(visitor.sessionId), `${visitor.sessionId} on ${post.id}`).toBe(wanted)
    }
  }
})
