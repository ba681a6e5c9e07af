import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../../test/support/for-all-tests'
import { type Interrupted, interrupted } from '../../test/support/interrupted'
import { startStores } from '../../test/support/stores'
import { createOnecount, type Onecount } from './onecount'

const POSTS = Array.from({ length: 230 }, (_, i) => ({
  id: `50050001-aaaa-bbbb-cccc-${String(i).padStart(12, '0')}`,
  base: i,
}))
const [POST, OTHER] = POSTS as [(typeof POSTS)[0], (typeof POSTS)[0]]

const stores = forAllTests(startStores)
let ports: Interrupted
let onecount: Onecount
beforeEach(async () => {
  await stores.begin(POSTS)
  ports = interrupted(stores.ports())
  onecount = createOnecount({ ...ports, log: { warn() {} }, settings: { breakerMs: 0 } })
})

const stateOf = async (post: { id: string }, session: string) =>
  (await onecount.read([post.id], session)).get(post.id)

async function expectAgreement(expected: Map<(typeof POSTS)[0], string[]>): Promise<void> {
  await onecount.drainer.flush()
  await onecount.read(POSTS.map(p => p.id))
  for (const post of POSTS) {
    const members = expected.get(post) ?? []
    const both = { count: post.base + members.length, members }
    expect(await stores.compare(post)).toMatchObject({ redis: both, postgres: both })
  }
}

describe('removing the likes of a session', () => {
  it('takes back every one in both stores, also those that were not drained', async () => {
    await Promise.all(POSTS.map(post => onecount.set(post.id, 'spam', true)))
    await onecount.set(POST.id, 'ana', true)
    expect(await onecount.removeSession('spam')).toEqual({ posts: 230, complete: true })
    expect(ports.count('postgres.write')).toBe(1)
    expect(await stateOf(POST, 'spam')).toMatchObject({ count: 1, liked: false })
    expect(await onecount.removeSession('spam')).toEqual({ posts: 0, complete: true })
    await expectAgreement(new Map([[POST, ['ana']]]))
  })

  it('is not undone by a like that arrives late, and can be repeated after an interruption', async () => {
    const { op } = await onecount.set(POST.id, 'spam', true)
    await onecount.set(OTHER.id, 'spam', true)
    await onecount.drainer.flush()
    ports.failOnce('answer lost', 'postgres.write')
    await expect(onecount.removeSession('spam')).rejects.toMatchObject({ store: 'postgres' })
    await onecount.removeSession('spam')
    expect(await onecount.set(POST.id, 'spam', true, { op })).toMatchObject({ count: 0, liked: false })
    await expectAgreement(new Map())
  })

  it('is durable without Redis, says that it may not be complete, and Redis learns of it', async () => {
    await onecount.set(POST.id, 'spam', true)
    await onecount.drainer.flush()
    ports.fail('never arrives', 'redis')
    expect(await onecount.removeSession('spam')).toEqual({ posts: 1, complete: false })
    ports.restore()
    await expectAgreement(new Map())
  })
})

describe('merging one session into another', () => {
  it('moves every like, and counts a post that both like once', async () => {
    await onecount.set(POST.id, 'visitor', true)
    await onecount.set(OTHER.id, 'visitor', true)
    await onecount.set(OTHER.id, 'account', true)
    expect(await onecount.mergeSessions('visitor', 'account')).toEqual({ posts: 2, complete: true })
    expect(await stateOf(OTHER, 'account')).toMatchObject({ count: 2, liked: true })
    expect(await stateOf(OTHER, 'visitor')).toMatchObject({ liked: false })
    await expectAgreement(
      new Map([
        [POST, ['account']],
        [OTHER, ['account']],
      ]),
    )
  })

  it('leaves alone a like that the account has undone since', async () => {
    await onecount.set(POST.id, 'visitor', true)
    await onecount.set(POST.id, 'account', false)
    await onecount.mergeSessions('visitor', 'account')
    await expectAgreement(new Map())
  })

  it('loses nothing when it is interrupted and repeated', async () => {
    await onecount.set(POST.id, 'visitor', true)
    await onecount.set(OTHER.id, 'visitor', true)
    await onecount.drainer.flush()
    ports.failOnce('never arrives', 'postgres.write')
    await expect(onecount.mergeSessions('visitor', 'account')).rejects.toMatchObject({ store: 'postgres' })
    await onecount.mergeSessions('visitor', 'account')
    await expectAgreement(
      new Map([
        [POST, ['account']],
        [OTHER, ['account']],
      ]),
    )
  })

  it('into itself does nothing', async () => {
    await onecount.set(POST.id, 'ana', true)
    expect(await onecount.mergeSessions('ana', 'ana')).toEqual({ posts: 0, complete: true })
    expect(await stateOf(POST, 'ana')).toMatchObject({ liked: true })
  })
})

describe('removing a post', () => {
  it('removes it from both stores, and nothing brings it back', async () => {
    const { op } = await onecount.set(POST.id, 'ana', true)
    await onecount.drainer.flush()
    await onecount.set(POST.id, 'ben', true)
    expect(await onecount.removePost(POST.id)).toBe(true)
    expect(await stateOf(POST, 'ana')).toBeUndefined()
    const other = stores.instance()
    await expect(other.set(POST.id, 'ana', true, { op })).rejects.toMatchObject({ code: 'post_not_found' })
    await onecount.drainer.flush()
    expect(await stores.redis.keys(`*${POST.id}*`)).toEqual([])
    expect(await onecount.health()).toMatchObject({ pending: 0, unseen: 0 })
    expect(await onecount.removePost(POST.id)).toBe(false)
  })

  it('reaches Redis later when it cannot be reached now', async () => {
    await onecount.set(POST.id, 'ana', true)
    await onecount.drainer.flush()
    ports.fail('never arrives', 'redis')
    await onecount.removePost(POST.id)
    ports.restore()
    expect(await stores.redis.exists(stores.keys.likes(POST.id))).toBe(1)
    await onecount.drainer.flush()
    expect(await stores.redis.keys(`post:*${POST.id}*`)).toEqual([])
  })
})
