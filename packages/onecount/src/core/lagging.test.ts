import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../../test/support/for-all-tests'
import { type Interrupted, interrupted } from '../../test/support/interrupted'
import { startStores } from '../../test/support/stores'
import { createOnecount, type Onecount } from './onecount'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const EMPTY = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 0 }

const stores = forAllTests(startStores)
let ports: Interrupted
let onecount: Onecount
beforeEach(async () => {
  await stores.begin([POST, EMPTY])
  ports = interrupted(stores.ports())
  onecount = createOnecount({ ...ports, log: { warn() {} }, settings: { breakerMs: 0, pendingMost: 4 } })
  // Warm, for a session that has liked it already.
  await onecount.set(POST.id, 'ana', true)
  await onecount.set(EMPTY.id, 'zoe', false)
  await onecount.drainer.flush()
})

const see = async (session: string | null, post = POST) =>
  (await onecount.read([post.id], session)).get(post.id)
/** As after a day without a visit. */
const forget = (session: string) => stores.redis.del(stores.keys.ops(session))

describe('a press of a session that is not known, without Postgres', () => {
  beforeEach(async () => {
    await forget('ana')
    ports.fail('never arrives', 'postgres')
  })

  it('does not make a count that contradicts the heart', async () => {
    await onecount.set(EMPTY.id, 'ana', false)
    expect(await see('ana', EMPTY)).toMatchObject({ count: 0, liked: false, source: 'lagging' })
    expect(await onecount.set(EMPTY.id, 'ana', true)).toMatchObject({ count: 1, liked: true })
    ports.restore()
    await onecount.drainer.flush()
    expect(await see('ana', EMPTY)).toMatchObject({ count: 1, liked: true, source: 'redis' })
  })

  it('grows the revision with every change, also when the guess turns out wrong', async () => {
    const before = (await see(null))!.rev
    const { rev } = await onecount.set(POST.id, 'ana', true)
    expect(rev).toBeGreaterThan(before)
    ports.restore()
    await onecount.drainer.flush()
    expect((await see(null))!.rev).toBeGreaterThan(rev)
  })
})

describe('a session that Redis does not know, without Postgres', () => {
  it('sees the count, and no heart', async () => {
    ports.fail('never arrives', 'postgres')
    expect(await see('new')).toMatchObject({ count: 447, liked: null, source: 'lagging' })
    ports.restore()
    expect(await see('new')).toMatchObject({ count: 447, liked: false, source: 'redis' })
  })
})

describe('a cold post with many pending ops', () => {
  const SESSIONS = ['a', 'b', 'c', 'd', 'e']
  beforeEach(async () => {
    await Promise.all(SESSIONS.map(session => onecount.set(POST.id, session, true)))
    await onecount.stores.redis!.run('cool', [stores.keys.meta(POST.id)], [])
  })

  it('is answered by Postgres until they are drained, with the pending press of the session', async () => {
    expect(await see(null)).toMatchObject({ count: 447, source: 'postgres' })
    expect(await see('a')).toMatchObject({ count: 448, liked: true, durable: false, source: 'postgres' })
    expect(await see('ana')).toMatchObject({ count: 447, liked: true, durable: true, source: 'postgres' })
    await onecount.drainer.flush()
    expect(await see('a')).toMatchObject({ count: 452, liked: true, durable: true, source: 'redis' })
  })

  it('takes presses, and answers each with its own heart', async () => {
    expect(await onecount.set(POST.id, 'f', true)).toMatchObject({
      count: 448,
      liked: true,
      source: 'postgres',
    })
    expect(await onecount.toggle(POST.id, 'g')).toMatchObject({ count: 448, liked: true, durable: false })
    expect(await onecount.toggle(POST.id, 'ana')).toMatchObject({ count: 446, liked: false, durable: false })
    expect(await onecount.toggle(POST.id, 'a')).toMatchObject({ liked: false })
    await onecount.drainer.flush()
    expect(await see('ana')).toMatchObject({ count: 452, liked: false, source: 'redis' })
    expect(await stores.compare(POST)).toMatchObject({ redis: { count: 452 }, postgres: { count: 452 } })
  })
})
