import type { Onecount } from 'onecount'
import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { type Interrupted, interrupted } from './support/interrupted'
import { startStores } from './support/stores'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const OTHER = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 12 }

const stores = forAllTests(startStores)
let ports: Interrupted
let onecount: Onecount
beforeEach(async () => {
  await stores.begin([POST, OTHER])
  ports = interrupted(stores.ports())
  onecount = stores.instance(ports)
  await onecount.set(POST.id, 'ana', true)
  await onecount.drainer.flush()
  // What Redis has is the post; of the session it knows nothing any more.
  await stores.redis.del(stores.keys.ops('ana'))
  ports.fail('never arrives', 'postgres')
})

const see = async (session: string | null, id = POST.id) => (await onecount.read([id], session)).get(id)!

async function drained(): Promise<void> {
  ports.restore()
  await onecount.drainer.flush()
  const { redis, postgres, expectedCount } = await stores.compare(POST)
  expect(redis).toEqual(postgres)
  expect(postgres.count).toBe(expectedCount)
}

describe('a press of a session that Redis does not know, while Postgres is down,', () => {
  it('is accepted, shown as lagging to every reader, and exact after the drain', async () => {
    const pressed = await onecount.set(POST.id, 'new', true)
    expect(pressed).toMatchObject({ count: 448, liked: true, durable: false, source: 'lagging' })
    expect(await see('new')).toMatchObject({ count: 448, liked: true, durable: false, source: 'lagging' })
    expect(await see(null)).toMatchObject({ count: 448, liked: null, source: 'lagging' })
    expect(await see('ben')).toMatchObject({ count: 448, liked: null, source: 'lagging' })
    await drained()
    expect(await see('new')).toMatchObject({
      count: 448,
      liked: true,
      op: pressed.op,
      durable: true,
      source: 'redis',
    })
    expect(await see(null)).toMatchObject({ count: 448, source: 'redis' })
  })

  it.each([
    ['a like of a post that it likes already', 'ana', true, 448, 447],
    ['an unlike', 'ana', false, 446, 446],
    ['an unlike of a post that it did not like', 'new', false, 446, 447],
  ])('is a guess that the drain corrects: %s', async (_, session, liked, guess, exact) => {
    expect(await onecount.set(POST.id, session, liked)).toMatchObject({
      count: guess,
      liked,
      source: 'lagging',
    })
    await drained()
    expect(await see(session)).toMatchObject({ count: exact, liked, source: 'redis' })
    expect(await see(null)).toMatchObject({ count: exact, source: 'redis' })
  })

  it('goes on from its own guess when it presses again, and lands once', async () => {
    await onecount.set(POST.id, 'new', true)
    expect(await onecount.toggle(POST.id, 'new')).toMatchObject({ count: 447, liked: false })
    expect(await onecount.set(POST.id, 'new', true)).toMatchObject({ count: 448, liked: true })
    await drained()
    expect(await see('new')).toMatchObject({ count: 448, liked: true, source: 'redis' })
  })

  it('leaves a post exact that it is not about', async () => {
    ports.restore()
    await onecount.read([OTHER.id])
    ports.fail('never arrives', 'postgres')
    await onecount.set(POST.id, 'new', true)
    expect(await see(null, OTHER.id)).toMatchObject({ count: 12, source: 'redis' })
  })

  it('is not flipped, as its state is not known', async () => {
    await expect(onecount.toggle(POST.id, 'new')).rejects.toMatchObject({ code: 'unavailable' })
    expect(await see(null)).toMatchObject({ count: 447, source: 'redis' })
  })

  it("is refused with ack: 'postgres', and counts once when it is repeated", async () => {
    const op = 2 * 1000 * Date.now() + 1
    const press = () => onecount.set(POST.id, 'new', true, { op, ack: 'postgres' })
    await expect(press()).rejects.toMatchObject({ code: 'unavailable' })
    ports.restore()
    expect(await press()).toMatchObject({ count: 448, liked: true, durable: true })
    await drained()
    expect(await see('new')).toMatchObject({ count: 448, liked: true, op, source: 'redis' })
  })
})

describe('while a batch is half settled,', () => {
  /** How long the second half takes to arrive, milliseconds: longer than a page takes that is read again at once. */
  const LATE_MS = 100

  /** Begins to drain two ops in two slices; the second one arrives late. */
  async function halfSettled(): Promise<{ ended: Promise<unknown> }> {
    const { redis, postgres } = stores.ports()
    await onecount.set(OTHER.id, 'ben', true)
    await onecount.set(POST.id, 'ben', true)
    let half = () => {}
    const isHalf = new Promise<void>(resolve => (half = resolve))
    let slices = 0
    const drains = stores.instance({
      redis: {
        async run(script, keys, args) {
          if (script === 'settle' && ++slices === 2) {
            await isHalf
            await new Promise(resolve => setTimeout(resolve, LATE_MS))
          }
          const reply = await redis.run(script, keys, args)
          if (script === 'settle') half()
          return reply
        },
      },
      postgres,
      settings: { settleSize: 1 },
    })
    const ended = drains.drainer.flush()
    await isHalf
    return { ended }
  }
  beforeEach(() => ports.restore())

  it('a page waits for the other half, and is exact', async () => {
    const { ended } = await halfSettled()
    const states = await onecount.read([POST.id], 'ana')
    expect(states.get(POST.id)).toMatchObject({ count: 448, liked: true, source: 'redis' })
    await ended
  })

  it('a press waits for it, and is exact', async () => {
    const { ended } = await halfSettled()
    expect(await onecount.set(POST.id, 'new', true)).toMatchObject({ count: 449, source: 'redis' })
    await ended
    await drained()
  })
})

describe('while the cut moves on under every snapshot that is read,', () => {
  /** An instance that hears of Postgres what was so before the next batch, so many times. */
  function overtaken(times: number): Onecount {
    const { redis, postgres } = stores.ports()
    const drains = stores.instance()
    let left = times
    return stores.instance({
      redis,
      postgres: {
        ...postgres,
        async snapshot(query) {
          const before = await postgres.snapshot(query)
          if (left-- <= 0) return before
          await drains.toggle(OTHER.id, 'ben')
          await drains.drainer.flush()
          return before
        },
      },
    })
  }
  beforeEach(() => ports.restore())

  it('a page is read again until it is exact', async () => {
    const states = await overtaken(5).read([POST.id], 'ana')
    expect(states.get(POST.id)).toMatchObject({ count: 447, liked: true, source: 'redis' })
  })

  it('a page that is overtaken for too long is answered by Postgres', async () => {
    const states = await overtaken(20).read([POST.id], 'ana')
    expect(states.get(POST.id)).toMatchObject({ count: 447, liked: true, source: 'postgres' })
  })

  it('a press that names the wanted state is accepted, and exact after the drain', async () => {
    expect(await overtaken(10).set(POST.id, 'new', true)).toMatchObject({ count: 448, source: 'lagging' })
    await drained()
    expect(await see('new')).toMatchObject({ count: 448, liked: true, source: 'redis' })
  })

  it('a press that flips asks Postgres for the state of the pair', async () => {
    const onecount = overtaken(10)
    expect(await onecount.toggle(POST.id, 'ana')).toMatchObject({ liked: false, source: 'lagging' })
    await onecount.drainer.flush()
    expect((await onecount.read([POST.id], 'ana')).get(POST.id)).toMatchObject({
      count: 446,
      liked: false,
      source: 'redis',
    })
  })
})
