// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ANSWERED,
  CONFIRMED,
  createServer,
  kept,
  openPage,
  openTab,
  POST,
} from '../../test/support/react-pages'
import { hint } from './hint'
import { LikesRefused, type LikesTransport } from './transport'

/** Reads of one page wait this long for each other, milliseconds. */
const BATCH_MS = 10
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
})
afterEach(() => vi.useRealTimers())

describe('a press', () => {
  it('is kept until Postgres holds it', async () => {
    const { server, transport } = createServer()
    const { store } = openTab({ server, transport })
    store.post(POST).set(true)
    expect(kept()).toEqual([POST])
    await pass(ANSWERED)
    expect(kept()).toEqual([POST])
    server.drain()
    await pass(CONFIRMED)
    expect(kept()).toEqual([])
    expect(server.writes).toHaveLength(1)
  })

  it('is not asked after when its answer says that it is durable', async () => {
    const { server, transport } = createServer()
    const write: LikesTransport['write'] = (postId, liked, op) =>
      transport.write(postId, liked, op, { ack: 'postgres' })
    const { store } = openTab({ server, transport: { ...transport, write } })
    store.post(POST).set(true)
    await pass(ANSWERED)
    expect(kept()).toEqual([])
    await pass(120_000)
    expect(server.reads).toBe(0)
  })

  it('is asked after less and less often while Postgres is away', async () => {
    const { server, transport } = createServer()
    const { store } = openTab({ server, transport })
    store.post(POST).set(true)
    await pass(600_000)
    expect(server.reads).toBeGreaterThan(8)
    expect(server.reads).toBeLessThan(20)
    expect(server.writes).toHaveLength(1)
    server.drain()
    await pass(61_000)
    expect(kept()).toEqual([])
  })

  it('that Redis has lost is sent again, durable this time, and the number never goes back', async () => {
    const { server, transport } = createServer()
    const { store, shown } = openTab({ server, transport })
    store.post(POST).set(true)
    await pass(ANSWERED)
    expect(shown()).toMatchObject({ count: 447, status: 'exact' })
    server.flush()
    const seen = new Set<string>()
    const look = () => seen.add(`${shown().count} ${shown().status}`)
    store.queryClient.getQueryCache().subscribe(look)
    store.post(POST).subscribe(look)
    await pass(CONFIRMED + ANSWERED)
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    expect([...seen].sort()).toEqual(['447 exact', '447 saving'])
    expect(server.writes).toEqual([
      { op: server.writes[0]!.op, ack: undefined },
      { op: server.writes[0]!.op, ack: 'postgres' },
    ])
    expect(server.postgres.op).toBe(server.writes[0]!.op)
    expect(kept()).toEqual([])
  })

  it('that the server lost is sent again at once when a count comes that cannot include it', async () => {
    const { server, transport } = createServer()
    const { store, shown } = openTab({ server, transport })
    store.post(POST).set(true)
    await pass(ANSWERED)
    server.flush()
    server.other()
    hint(store, POST, server.event())
    expect(shown().count).toBe(447)
    await pass(250 + 2 * ANSWERED)
    expect(shown()).toMatchObject({ count: 448, liked: true, status: 'exact' })
    expect(kept()).toEqual([])
  })

  it('that the server lost is sent again when an answer from before the press arrives late', async () => {
    const { server, transport } = createServer()
    const { store, shown } = openTab({ server, transport })
    const asked = Date.now()
    store.post(POST).set(true)
    await pass(ANSWERED)
    server.flush()
    store.post(POST).receive(server.state(), asked)
    expect(shown()).toMatchObject({ count: 447, liked: true })
    await pass(250 + 2 * ANSWERED)
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    expect(kept()).toEqual([])
  })

  it('does not hide that the server cannot be read', async () => {
    const { server, transport } = createServer()
    const { store, shown } = openTab({ server, transport })
    store.post(POST).set(true)
    await pass(ANSWERED)
    store.post(POST).receive({ count: null, liked: null, rev: 0, op: null, durable: null, source: 'unknown' })
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'last-known' })
  })

  it('that was sent by a page that is gone is looked after by the next one', async () => {
    const { server, transport } = createServer()
    const first = openTab({ server, transport })
    first.store.post(POST).set(true)
    await pass(ANSWERED)
    first.close()
    server.flush()
    const next = openTab({ server, transport })
    await pass(250 + 2 * ANSWERED)
    expect(next.shown()).toMatchObject({ count: 447, liked: true })
    expect(server.postgres.op).toBe(server.writes[0]!.op)
  })

  it('that could not be sent before the page was closed is sent by the next one', async () => {
    const { server, transport } = createServer()
    server.isUp = false
    const first = openTab({ server, transport })
    first.store.post(POST).set(true)
    await pass(ANSWERED)
    first.store.post(POST).dismiss()
    first.close()
    vi.clearAllTimers()
    server.isUp = true
    const next = openTab({ server, transport })
    await pass(250 + 2 * ANSWERED)
    expect(next.shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    expect(kept()).toEqual([])
  })

  it('is replaced by a later one of another tab, which is the one that is kept', async () => {
    const { server, transport } = createServer()
    const one = openTab({ server, transport })
    one.store.post(POST).set(true)
    await pass(ANSWERED)
    const other = openTab({ server, transport })
    other.store.post(POST).set(false)
    await pass(ANSWERED)
    server.flush()
    await pass(CONFIRMED + ANSWERED)
    expect(server.postgres.op % 2).toBe(0)
    expect(one.shown().liked).toBe(false)
    expect(kept()).toEqual([])
  })

  it('that is refused is not kept', async () => {
    const { server, transport } = createServer()
    server.refusal = new LikesRefused('post_not_found', 'There is no such post.')
    const { store, shown } = openTab({ server, transport })
    store.post(POST).set(true)
    await pass(ANSWERED)
    expect(kept()).toEqual([])
    expect(shown()).toMatchObject({ count: 446, error: { code: 'post_not_found' } })
  })

  it('that was answered before a later one was refused is looked after again', async () => {
    const { server, transport } = createServer()
    const { store, shown } = openTab({ server, transport })
    store.post(POST).set(true)
    await pass(ANSWERED)
    const first = server.redis.op
    server.refusal = new LikesRefused('too_many_requests', 'Wait.', 2000)
    store.post(POST).set(false)
    await pass(ANSWERED)
    expect(shown()).toMatchObject({ count: 447, liked: true, error: { code: 'too_many_requests' } })
    expect(kept()).toEqual([POST])
    server.refusal = null
    server.flush()
    await pass(CONFIRMED + ANSWERED)
    expect(server.postgres.op).toBe(first)
    expect(shown()).toMatchObject({ count: 447, liked: true })
    expect(kept()).toEqual([])
  })

  it('on a post that was removed is forgotten', async () => {
    const { server, transport } = createServer()
    const { store } = openTab({ server, transport })
    store.post(POST).set(true)
    await pass(ANSWERED)
    server.isGone = true
    await pass(CONFIRMED)
    expect(kept()).toEqual([])
  })

  it('is looked after beside ids that the server refuses: they alone are forgotten', async () => {
    const { server, transport } = createServer()
    const first = openTab({ server, transport })
    first.store.post(POST).set(true)
    await pass(ANSWERED)
    first.close()
    const text = localStorage.getItem(`onecount:kept:${POST}`)!
    for (const id of ['42', 'x', '43']) localStorage.setItem(`onecount:kept:${id}`, text)
    const asked: string[][] = []
    const read: LikesTransport['read'] = async ids => {
      asked.push(ids)
      const answer = await transport.read(ids)
      if (ids.some(id => id !== POST)) throw new LikesRefused('invalid_post_id', 'The post id is malformed.')
      return answer
    }
    openTab({ server, transport: { ...transport, read } })
    server.flush()
    await pass(CONFIRMED + ANSWERED)
    expect(asked[0]).toHaveLength(4)
    expect(kept()).toEqual([])
    expect(server.postgres.op % 2).toBe(1)
  })

  it('that was lost waits when the server says that it is too much', async () => {
    const { server, transport } = createServer()
    const { store, shown } = openTab({ server, transport })
    store.post(POST).set(true)
    await pass(ANSWERED)
    server.flush()
    store.post(POST).receive(server.state(), Date.now() + 1)
    server.refusal = new LikesRefused('too_many_requests', 'Wait.', 5000)
    await pass(ANSWERED)
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'retrying', error: undefined })
    server.refusal = null
    await pass(5000 + ANSWERED)
    expect(shown()).toMatchObject({ count: 447, status: 'exact' })
  })
})

describe("a page's payload", () => {
  it('without a press that is kept does not undo it', async () => {
    const { server, transport } = createServer()
    const { store, shown } = openTab({ server, transport })
    store.post(POST).set(true)
    await pass(ANSWERED)
    server.flush()
    store.post(POST).seed(server.state())
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    await pass(CONFIRMED + ANSWERED)
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    expect(server.postgres.op).toBe(server.writes[0]!.op)
  })

  it('without a press of an earlier page shows it at once, and it is sent again after the first answer', async () => {
    const { server, transport } = createServer()
    const payload = server.state()
    const first = openTab({ server, transport })
    first.store.post(POST).set(true)
    await pass(ANSWERED)
    first.close()
    const { shown } = openPage({ server, transport }, payload)
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'saving' })
    await pass(BATCH_MS + ANSWERED)
    expect(server.writes).toHaveLength(1)
    await pass(ANSWERED)
    const { op } = server.writes[0]!
    expect(server.writes).toEqual([
      { op, ack: undefined },
      { op, ack: 'postgres' },
    ])
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    expect(kept()).toEqual([])
  })

  it('that says nothing of the person does not undo a press of an earlier page either', async () => {
    const { server, transport } = createServer()
    server.isUp = false
    const first = openTab({ server, transport })
    first.store.post(POST).set(true)
    await pass(ANSWERED)
    first.close()
    vi.clearAllTimers()
    server.isUp = true
    const { shown } = openPage({ server, transport }, server.event())
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'saving' })
    await pass(BATCH_MS + 2 * ANSWERED)
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    expect(server.postgres.op % 2).toBe(1)
  })
})
