import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../../test/support/for-all-tests'
import { type Interrupted, interrupted } from '../../test/support/interrupted'
import { startStores } from '../../test/support/stores'
import { createOnecount, type Onecount } from './onecount'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const OTHER = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 12 }

const stores = forAllTests(startStores)
let ports: Interrupted
let onecount: Onecount
beforeEach(async () => {
  await stores.begin([POST, OTHER])
  ports = interrupted(stores.ports())
  onecount = createOnecount({
    redis: ports.redis,
    postgres: ports.postgres,
    log: { warn() {} },
    settings: { breakerMs: 0 },
  })
})

const readOne = async (session: string | null = null) =>
  (await onecount.read([POST.id], session)).get(POST.id)

describe('without Postgres', () => {
  it('a warm post is exact, and a cold one unknown: never 0', async () => {
    await onecount.set(POST.id, 'ana', true)
    ports.fail('never arrives', 'postgres')
    const states = await onecount.read([POST.id, OTHER.id], 'ana')
    expect([...states.values()]).toEqual([
      expect.objectContaining({ count: 447, liked: true, source: 'redis' }),
      { postId: OTHER.id, count: null, liked: null, rev: 0, op: null, durable: null, source: 'unknown' },
    ])
  })

  it('a like of a cold post is accepted: liked is known, the count is not', async () => {
    ports.fail('never arrives', 'postgres')
    expect(await onecount.set(POST.id, 'ana', true)).toMatchObject({
      count: null,
      liked: true,
      source: 'unknown',
      durable: false,
    })
    ports.restore()
    expect(await readOne('ana')).toMatchObject({ count: 447, liked: true, source: 'redis' })
    await onecount.drainer.flush()
    expect(await stores.compare(POST)).toMatchObject({ postgres: { count: 447, members: ['ana'] } })
  })

  it('a like of a post that turns out not to exist is dropped by the drain', async () => {
    const missing = '50050001-aaaa-bbbb-cccc-ddddeeee9999'
    ports.fail('never arrives', 'postgres')
    await onecount.set(missing, 'ana', true)
    ports.restore()
    expect(await onecount.drainer.flush()).toMatchObject({ more: false })
    expect(await onecount.health()).toMatchObject({ pending: 0 })
    expect(await stores.redis.keys(`*${missing}*`)).toEqual([])
  })

  it('a cold post cannot be flipped: no store answers whether it is liked', async () => {
    ports.fail('never arrives', 'postgres')
    await expect(onecount.toggle(POST.id, 'ana')).rejects.toMatchObject({ code: 'unavailable', status: 503 })
  })

  it('a warm post that is to be hydrated anew stays as it is', async () => {
    await onecount.set(POST.id, 'ana', true)
    ports.fail('never arrives', 'postgres')
    await expect(onecount.rehydrate(POST.id)).rejects.toMatchObject({ store: 'postgres' })
    expect(await readOne('ana')).toMatchObject({ count: 447, liked: true, source: 'redis' })
  })
})

describe('without Redis', () => {
  it('Postgres answers, and says so', async () => {
    ports.fail('never arrives', 'redis')
    expect(await readOne('ana')).toEqual({
      postId: POST.id,
      count: 446,
      liked: false,
      rev: 0,
      op: null,
      durable: null,
      source: 'postgres',
    })
  })

  it('a like is durable at once, and Redis has it when it is back', async () => {
    ports.fail('never arrives', 'redis')
    const state = await onecount.set(POST.id, 'ana', true)
    expect(state).toMatchObject({ count: 447, liked: true, source: 'postgres', durable: true })
    expect(await onecount.toggle(POST.id, 'ben')).toMatchObject({ count: 448, liked: true, durable: true })
    expect(await onecount.toggle(POST.id, 'ben')).toMatchObject({ count: 447, liked: false, durable: true })
    ports.restore()
    await onecount.drainer.flush()
    expect(await readOne('ana')).toMatchObject({ count: 447, liked: true, op: state.op, source: 'redis' })
    expect(await onecount.health()).toMatchObject({ pending: 0, unseen: 0 })
  })

  it('a warm post learns of what Postgres has accepted with the next drain', async () => {
    await onecount.set(POST.id, 'ana', true)
    await onecount.drainer.flush()
    await readOne()
    ports.fail('never arrives', 'redis')
    await onecount.set(POST.id, 'ana', false)
    ports.restore()
    expect(await readOne('ana')).toMatchObject({ count: 447 })
    await onecount.drainer.flush()
    expect(await readOne('ana')).toMatchObject({ count: 446, liked: false })
  })

  it('a Redis that comes back empty shows at once what Postgres has accepted meanwhile', async () => {
    await onecount.set(POST.id, 'ana', true)
    await onecount.drainer.flush()
    ports.fail('never arrives', 'redis')
    await onecount.set(POST.id, 'ben', true)
    await onecount.set(POST.id, 'ana', false)
    await stores.redis.flushall()
    ports.restore()
    const sessions = Array.from({ length: 20 }, (_, i) => `s${i}`)
    const states = await Promise.all(['ana', 'ben', ...sessions].map(session => readOne(session)))
    for (const [i, state] of states.entries())
      expect(state).toMatchObject({ count: 447, liked: i === 1, source: 'redis' })
    // All of them wait for the same drain.
    expect(ports.count('redis.resolve')).toBe(2)
  })

  it('a read without a session answers null for liked', async () => {
    expect(await readOne(null)).toMatchObject({ count: 446, liked: null, source: 'redis' })
    ports.fail('never arrives', 'redis')
    expect(await readOne(null)).toMatchObject({ count: 446, liked: null, source: 'postgres' })
  })

  it('an older op than one that Redis has not been told of loses to it with the next drain', async () => {
    await onecount.drainer.flush()
    ports.fail('never arrives', 'redis')
    const { op } = await onecount.set(POST.id, 'ana', true)
    ports.restore()
    await onecount.set(POST.id, 'ana', false, { op: 4 })
    await onecount.drainer.flush()
    expect(await readOne('ana')).toMatchObject({ count: 447, liked: true, op, source: 'redis' })
    expect(await stores.compare(POST)).toMatchObject({ postgres: { count: 447, members: ['ana'] } })
  })

  it('a post that does not exist is still refused', async () => {
    ports.fail('never arrives', 'redis')
    const missing = '50050001-aaaa-bbbb-cccc-ddddeeee9999'
    await expect(onecount.set(missing, 'ana', true)).rejects.toMatchObject({ code: 'post_not_found' })
    expect((await onecount.read([missing])).size).toBe(0)
  })

  it('the same holds when Redis is not configured at all', async () => {
    onecount = createOnecount({ redis: null, postgres: ports.postgres })
    expect(await onecount.set(POST.id, 'ana', true)).toMatchObject({ count: 447, durable: true })
    expect(await onecount.toggle(POST.id, 'ana')).toMatchObject({ count: 446, liked: false })
    expect(await readOne('ana')).toMatchObject({ count: 446, liked: false, source: 'postgres' })
    expect(await onecount.ranking()).toEqual([POST.id, OTHER.id])
    expect(await onecount.rehydrate(POST.id)).toBe(446)
  })

  it('a like whose answer was lost is not counted a second time in Postgres', async () => {
    await onecount.drainer.flush()
    await readOne()
    ports.fail('answer lost', 'redis.press')
    expect(await onecount.set(POST.id, 'ana', true)).toMatchObject({ count: 447, durable: true })
    ports.restore()
    await onecount.drainer.flush()
    expect(await stores.compare(POST)).toMatchObject({ redis: { count: 447 }, postgres: { count: 447 } })
  })
})

describe('without either', () => {
  beforeEach(() => ports.fail('never arrives', 'redis', 'postgres'))

  it('everything is unknown', async () => {
    expect(await readOne('ana')).toMatchObject({ count: null, liked: null, source: 'unknown' })
  })

  it('a like is refused as unavailable', async () => {
    await expect(onecount.set(POST.id, 'ana', true)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(onecount.toggle(POST.id, 'ana')).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('a call that needs a store fails with the name of that store', async () => {
    await expect(onecount.ranking()).rejects.toMatchObject({ name: 'StoreUnavailable' })
    await expect(onecount.rehydrate(POST.id)).rejects.toMatchObject({ store: 'postgres' })
    await expect(onecount.drainer.flush()).rejects.toMatchObject({ store: 'redis' })
  })
})

describe('a store that hangs', () => {
  const DEADLINE = 500
  /** Timed by a timer of the same process: a machine that is busy with something else holds both up. */
  const timely = async <T>(work: Promise<T>): Promise<T | unknown> => {
    const late = new Promise(resolve => setTimeout(resolve, 2 * DEADLINE, 'late'))
    return Promise.race([work.catch((error: unknown) => error), late])
  }
  const UNAVAILABLE = { code: 'unavailable', status: 503 }

  beforeEach(() => {
    onecount = createOnecount({
      redis: ports.redis,
      postgres: ports.postgres,
      log: { warn() {} },
      settings: { deadlineMs: DEADLINE },
    })
  })

  it.each([['redis'], ['postgres'], ['redis', 'postgres']])(
    'a like is answered in time: %j %j',
    async (...names) => {
      ports.fail('hangs', ...names)
      expect(await timely(onecount.set(POST.id, 'ana', true))).toMatchObject(UNAVAILABLE)
      expect(await timely(onecount.toggle(POST.id, 'ana'))).toMatchObject(UNAVAILABLE)
      expect(await timely(onecount.read([POST.id, OTHER.id], 'ana'))).toEqual(
        new Map([
          [POST.id, expect.objectContaining({ count: null, source: 'unknown' })],
          [OTHER.id, expect.objectContaining({ count: null, source: 'unknown' })],
        ]),
      )
    },
  )

  it('a like that waits for Postgres is answered in time, and counts once when it is repeated', async () => {
    const { op } = await onecount.set(POST.id, 'ana', true)
    ports.fail('hangs', 'postgres')
    expect(await timely(onecount.set(POST.id, 'ana', true, { op, ack: 'postgres' }))).toMatchObject(
      UNAVAILABLE,
    )
    expect(await timely(onecount.set(POST.id, 'ana', true, { op }))).toMatchObject({
      count: 447,
      durable: false,
    })
    ports.restore()
    const fresh = stores.instance()
    expect(await fresh.set(POST.id, 'ana', true, { op, ack: 'postgres' })).toMatchObject({ durable: true })
    expect(await stores.compare(POST)).toMatchObject({ redis: { count: 447 }, postgres: { count: 447 } })
  })
})
