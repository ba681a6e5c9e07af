import { nextOp } from 'onecount'
import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import * as skewed from './support/skewed'
import { likeAt, micros, unlikeAt } from './support/skewed'
import { startStores } from './support/stores'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const HOUR = 3_600_000

const stores = forAllTests(startStores)
beforeEach(() => stores.begin([POST]))

const startServer = (skewMs: number, recentMs?: number) => skewed.startServer(stores, skewMs, recentMs)
const openBrowser = () => skewed.openBrowser(POST.id)
const settle = (...servers: skewed.Server[]) => skewed.settle(stores, POST, servers)

describe('two servers, the second 30 seconds behind', () => {
  let ahead: skewed.Server
  let behind: skewed.Server
  beforeEach(() => {
    ahead = startServer(0)
    behind = startServer(-30_000)
  })

  it.each(['with an op', 'without one'])('an unlike %s through the one behind counts', async how => {
    const press = openBrowser()
    const op = how === 'with an op' ? likeAt(0) : undefined
    const liked = await press(ahead, 'PUT', op)
    expect(liked).toMatchObject({ status: 200, body: { count: 447, liked: true } })
    const unliked = await press(behind, 'DELETE', op && unlikeAt(0))
    expect(unliked).toMatchObject({ status: 200, body: { count: 446, liked: false } })
    expect(unliked.body.op).toBeGreaterThan(liked.body.op)
    expect(await settle(behind, ahead)).toBe(446)
    expect(await press(ahead, 'PUT')).toMatchObject({ body: { count: 447, liked: true } })
    expect(await press(behind, 'DELETE')).toMatchObject({ body: { count: 446, liked: false } })
    expect(await settle(ahead, behind)).toBe(446)
  })

  it('also once Postgres holds the like', async () => {
    const press = openBrowser()
    await press(ahead, 'PUT')
    await settle(ahead, behind)
    expect(await press(behind, 'DELETE')).toMatchObject({ status: 200, body: { count: 446, liked: false } })
    expect(await settle(behind, ahead)).toBe(446)
  })

  it.each(['with an op', 'without one'])('also %s on a post that Redis does not hold any more', async how => {
    const press = openBrowser()
    const { body } = await press(ahead, 'PUT')
    await settle(ahead)
    await stores.redis.flushall()
    const op = how === 'with an op' ? nextOp(0, body.op, false) : undefined
    expect(await press(behind, 'DELETE', op)).toMatchObject({
      status: 200,
      body: { count: 446, liked: false },
    })
    expect(await settle(behind, ahead)).toBe(446)
  })

  it.each(['with an op', 'without one'])('also %s while Redis cannot be reached', async how => {
    const press = openBrowser()
    const { body } = await press(ahead, 'PUT')
    await settle(ahead)
    behind.ports.fail('never arrives', 'redis')
    const op = how === 'with an op' ? nextOp(0, body.op, false) : undefined
    const unliked = await press(behind, 'DELETE', op)
    expect(unliked).toMatchObject({ status: 200, body: { count: 446, liked: false, source: 'postgres' } })
    behind.ports.restore()
    expect(await settle(behind, ahead)).toBe(446)
  })

  it('refuses an op of a right clock that is too far after everything, and accepts the next', async () => {
    const press = openBrowser()
    await ahead.service.set(POST.id, 'another', true, { op: likeAt(-60_000) })
    await press(ahead, 'PUT', likeAt(-60_000))
    // The revision is of this moment, so the test needs a post without recent presses.
    await stores.redis.set(stores.keys.meta(POST.id), await metaOf(-25_000))
    const refused = await press(behind, 'DELETE', unlikeAt(0))
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'op_ahead', field: 'op' } } })
    const { now } = refused.body.error
    expect(now).toBeGreaterThan(Date.now() - 31_000)
    expect(now).toBeLessThan(Date.now() - 24_000)
    const unliked = await press(behind, 'DELETE', nextOp(now * 1000, 0, false))
    expect(unliked).toMatchObject({ status: 200, body: { liked: false } })
  })

  /** The post's packed numbers with another revision. */
  async function metaOf(ms: number): Promise<string> {
    const [count, , ...rest] = (await stores.redis.get(stores.keys.meta(POST.id)))!.split('|')
    return [count, micros(ms), ...rest].join('|')
  }
})

describe('a server that starts again with its clock one hour back', () => {
  it.each(['pending', 'drained', 'forgotten by Redis'])(
    'undoes a press from before that is %s',
    async where => {
      const press = openBrowser()
      const before = startServer(0, where === 'forgotten by Redis' ? 0 : undefined)
      await press(before, 'PUT')
      if (where !== 'pending') await settle(before)
      if (where === 'forgotten by Redis') {
        await before.service.drainer.flush()
        expect(await stores.redis.zcard(stores.keys.recent)).toBe(0)
      }
      const after = startServer(-HOUR)
      expect(await press(after, 'DELETE')).toMatchObject({ status: 200, body: { count: 446, liked: false } })
      expect(await settle(after)).toBe(446)
      expect(await press(after, 'PUT')).toMatchObject({ status: 200, body: { count: 447, liked: true } })
      expect(await settle(after)).toBe(447)
    },
  )

  it('undoes it without Postgres too', async () => {
    const press = openBrowser()
    const before = startServer(0, 0)
    await press(before, 'PUT')
    await settle(before)
    const after = startServer(-HOUR)
    after.ports.fail('never arrives', 'postgres')
    expect(await press(after, 'DELETE')).toMatchObject({ status: 200, body: { count: 446, liked: false } })
    after.ports.restore()
    expect(await settle(after)).toBe(446)
  })

  it('takes back the likes of a session', async () => {
    const before = startServer(0)
    await before.service.set(POST.id, 'spam', true)
    await settle(before)
    const after = startServer(-HOUR)
    expect(await after.service.removeSession('spam')).toEqual({ posts: 1, complete: true })
    expect(await settle(after)).toBe(446)
  })

  it('takes them back with what Postgres does not have yet, where it cannot drain', async () => {
    const before = startServer(0)
    await before.service.set(POST.id, 'spam', true)
    await settle(before)
    await before.service.set(POST.id, 'spam', false)
    await before.service.set(POST.id, 'spam', true)
    const after = startServer(-HOUR)
    after.ports.fail('never arrives', 'redis.collect')
    expect(await after.service.removeSession('spam')).toEqual({ posts: 1, complete: false })
    after.ports.restore()
    expect(await settle(after)).toBe(446)
  })
})
