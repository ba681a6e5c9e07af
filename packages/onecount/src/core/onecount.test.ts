import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../../test/support/for-all-tests'
import { type Interrupted, interrupted } from '../../test/support/interrupted'
import { startStores } from '../../test/support/stores'
import { createOnecount, type Onecount } from './onecount'
import { nextOp } from './op'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const OTHER = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 12 }
const MISSING = '50050001-aaaa-bbbb-cccc-ddddeeee9999'

const stores = forAllTests(startStores)
let ports: Interrupted
let onecount: Onecount
let ahead: number
beforeEach(async () => {
  await stores.begin([POST, OTHER])
  ports = interrupted(stores.ports())
  ahead = 0
  onecount = createOnecount({
    redis: ports.redis,
    postgres: ports.postgres,
    clock: () => Date.now() + ahead,
    settings: { sessionOps: 10 },
  })
})

const keysOf = (postId: string) => stores.redis.keys(`*${postId}*`)

describe('a like', () => {
  it('is counted at once, and durable only after the drain', async () => {
    const state = await onecount.set(POST.id, 'ana', true)
    expect(state).toMatchObject({ postId: POST.id, count: 447, liked: true, source: 'redis', durable: false })
    expect(await stores.compare(POST)).toMatchObject({ redis: { count: 447 }, postgres: { count: 446 } })
    expect(await onecount.drainer.flush()).toEqual({ drained: 1, more: false })
    expect(await stores.compare(POST)).toMatchObject({ postgres: { count: 447, members: ['ana'] } })
  })

  it('counts once when it is repeated, with the same op or without one', async () => {
    const { op } = await onecount.set(POST.id, 'ana', true)
    expect(await onecount.set(POST.id, 'ana', true, { op })).toMatchObject({ count: 447, op })
    expect(await onecount.set(POST.id, 'ana', true)).toMatchObject({ count: 447 })
  })

  it('that comes late is answered with the newer state', async () => {
    const now = Date.now() * 1000
    const newer = nextOp(now, 0, false)
    await onecount.set(POST.id, 'ana', false, { op: newer })
    const late = await onecount.set(POST.id, 'ana', true, { op: nextOp(now - 1000, 0, true) })
    expect(late).toMatchObject({ count: 446, liked: false, op: newer })
  })

  it('with an op of the wrong parity is refused, and nothing has changed', async () => {
    const op = nextOp(Date.now() * 1000, 0, false)
    const refusal = { code: 'invalid_op', options: { field: 'op' } }
    await expect(onecount.set(POST.id, 'ana', true, { op })).rejects.toMatchObject(refusal)
    expect(await onecount.health()).toMatchObject({ pending: 0 })
  })

  it.each(['never arrives', 'answer lost'] as const)('counts once when the first try %s', async failure => {
    await onecount.read([POST.id], 'ana')
    ports.failOnce(failure, 'redis.press')
    expect(await onecount.set(POST.id, 'ana', true)).toMatchObject({ count: 447, source: 'redis' })
    expect(ports.count('redis.press')).toBe(2)
  })

  it.each(['never arrives', 'answer lost'] as const)('flips once when the first try %s', async failure => {
    await onecount.set(POST.id, 'ana', true)
    ports.failOnce(failure, 'redis.press')
    expect(await onecount.toggle(POST.id, 'ana')).toMatchObject({ count: 446, liked: false })
  })

  it('flips to and fro on a post that was not read yet', async () => {
    expect(await onecount.toggle(POST.id, 'ana')).toMatchObject({ count: 447, liked: true, source: 'redis' })
    await onecount.drainer.flush()
    await stores.redis.flushall()
    expect(await onecount.toggle(POST.id, 'ana')).toMatchObject({ count: 446, liked: false })
    expect(await onecount.toggle(POST.id, 'ana')).toMatchObject({ count: 447, liked: true })
  })
})

describe('a post that does not exist', () => {
  it('cannot be liked, and no key is made for it', async () => {
    const refusal = expect.objectContaining({ code: 'post_not_found', status: 404 })
    await expect(onecount.set(MISSING, 'ana', true)).rejects.toThrow(refusal)
    ahead += 10_000
    await expect(onecount.toggle(MISSING, 'ana')).rejects.toThrow(refusal)
    expect(await keysOf(MISSING)).toEqual([])
    expect(await stores.redis.keys('session:likes:*')).toEqual([])
    expect(await stores.redis.hkeys(stores.keys.ops('ana'))).toEqual(['!'])
    expect(await onecount.health()).toMatchObject({ pending: 0 })
  })

  it('is absent from a page, and no key is made for it', async () => {
    const states = await onecount.read([POST.id, MISSING, OTHER.id], 'ana')
    expect([...states.keys()]).toEqual([POST.id, OTHER.id])
    expect(await keysOf(MISSING)).toEqual([])
  })

  it('is remembered for a moment without asking a store, and found when it is there after all', async () => {
    await onecount.read([MISSING])
    ports.calls.length = 0
    await onecount.read([MISSING])
    await expect(onecount.set(MISSING, 'ana', true)).rejects.toMatchObject({ code: 'post_not_found' })
    expect(ports.calls).toEqual([])
    await stores.begin([{ id: MISSING, base: 3 }])
    ahead += 10_000
    expect((await onecount.read([MISSING])).get(MISSING)).toMatchObject({ count: 3 })
  })

  it('loses its keys with the drain when it was removed', async () => {
    await onecount.set(POST.id, 'ana', true)
    await stores.sql`delete from posts_new where id = ${POST.id}`
    await onecount.drainer.flush()
    expect(await keysOf(POST.id)).toEqual([])
    expect((await onecount.read([POST.id])).size).toBe(0)
  })
})

describe('ids', () => {
  it('that are malformed are refused before any store is asked', async () => {
    await expect(onecount.set('x', 'ana', true)).rejects.toMatchObject({ code: 'invalid_post_id' })
    await expect(onecount.toggle(POST.id.toUpperCase(), 'ana')).rejects.toMatchObject({
      code: 'invalid_post_id',
    })
    await expect(onecount.set(POST.id, 'a|b', true)).rejects.toMatchObject({ code: 'invalid_session' })
    await expect(onecount.toggle(POST.id, '')).rejects.toMatchObject({ code: 'invalid_session' })
    expect(() => onecount.rehydrate('x')).toThrow(expect.objectContaining({ code: 'invalid_post_id' }))
    expect(ports.calls).toEqual([])
  })

  it('that are malformed or doubled are left out of a page', async () => {
    const states = await onecount.read(['x', POST.id, '', POST.id])
    expect([...states.keys()]).toEqual([POST.id])
    expect((await onecount.read([])).size).toBe(0)
  })
})

describe('a page', () => {
  it('is one call when its posts are warm, and tells which posts the session likes', async () => {
    await onecount.set(OTHER.id, 'ana', true)
    await onecount.read([POST.id])
    ports.calls.length = 0
    const states = await onecount.read([OTHER.id, POST.id], 'ana')
    expect(ports.calls).toEqual(['redis.read'])
    expect([...states.values()]).toMatchObject([
      { count: 13, liked: true, op: expect.any(Number), source: 'redis' },
      { count: 446, liked: false, op: null, source: 'redis' },
    ])
  })

  it('shows a session only its own likes', async () => {
    await onecount.set(POST.id, 'ana', true)
    expect((await onecount.read([POST.id])).get(POST.id)).toMatchObject({ count: 447, liked: null })
  })

  it('may hold more posts than one call takes', async () => {
    const posts = Array.from({ length: 600 }, (_, i) => ({
      id: `60060000-0000-4000-8000-${String(i).padStart(12, '0')}`,
      base: i,
    }))
    await stores.begin(posts)
    const states = await onecount.read(posts.map(p => p.id))
    expect([...states.values()].map(s => [s.postId, s.count])).toEqual(posts.map(p => [p.id, p.base]))
  })

  it('is right for a session with more ops than are brought into Redis', async () => {
    const posts = Array.from({ length: 40 }, (_, i) => ({
      id: `60060000-0000-4000-8000-${String(i).padStart(12, '0')}`,
      base: i,
    }))
    await stores.begin(posts)
    await stores.sql`insert into post_ratings (post_id, session_id)
      select id, 'ana' from posts_new where likes % 4 <> 3`
    await onecount.drainer.flush()
    const expected = posts.map(({ id, base }) => [id, base % 4 === 3 ? base : base + 1, base % 4 !== 3])
    for (const page of [posts.slice(0, 5), posts.slice(3, 12), posts]) {
      const states = await onecount.read(
        page.map(p => p.id),
        'ana',
      )
      const seen = [...states.values()]
      expect(seen.map(s => [s.postId, s.count, s.liked])).toEqual(
        expected.filter(([id]) => page.some(p => p.id === id)),
      )
      expect(seen.every(({ source }) => source === 'redis')).toBe(true)
      // The mark and the posts that were asked for.
      expect(await stores.redis.hlen(stores.keys.ops('ana'))).toBeLessThanOrEqual(1 + 12 + page.length)
    }
    expect(await onecount.toggle(posts[0]!.id, 'ana')).toMatchObject({
      count: 0,
      liked: false,
      source: 'redis',
    })
  })
})
