import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const likeAt = (micros: number) => 2 * micros + 1

const stores = forAllTests(startStores)

/** What a process of the version before leaves: an op in its queue, and the receipt of a batch of its own. */
async function pressWithTheVersionBefore(sessionId: string, op: number): Promise<void> {
  const { redis, sql, keys } = stores
  await redis.del(keys.before)
  await redis.zadd(keys.before, 0, '!epoch|theirs', 0, '!nonce|theirs', 0, `${POST}|${sessionId}|${op}|0`)
  await sql`update like_receipt set nonce = ${`theirs-${sessionId}`}`
}

/** The op is durable, counted and seen, and processes of the version before are kept out. */
async function expectAdopted(sessionId: string, op: number): Promise<void> {
  const { redis, sql, keys } = stores
  const onecount = stores.instance()
  expect(await onecount.drainer.flush()).toMatchObject({ more: false })
  expect(await redis.type(keys.before)).toBe('string')
  expect(await redis.exists(keys.beforeRest)).toBe(0)
  const [row] = await sql`select op from post_ratings where post_id = ${POST} and session_id = ${sessionId}`
  expect(Number(row?.op)).toBe(op)
  const state = (await onecount.read([POST], sessionId)).get(POST)
  expect(state).toMatchObject({ count: 447, liked: true, source: 'redis' })
}

describe('the pending ops of the version before', () => {
  beforeEach(() => stores.begin([{ id: POST, base: 446 }]))

  it('is adopted by a Redis that has no cut yet', async () => {
    const op = likeAt(Date.now() * 1000)
    await pressWithTheVersionBefore('first', op)
    await expectAdopted('first', op)
  })

  it('is adopted again where the version before was gone back to', async () => {
    const onecount = stores.instance()
    while ((await onecount.drainer.flush()).more);
    expect(await stores.redis.type(stores.keys.before)).toBe('string')
    const op = likeAt(Date.now() * 1000)
    await pressWithTheVersionBefore('second', op)
    await expectAdopted('second', op)
  })
})
