import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { manual, POST } from '../../test/support/react-pages'
import { LikesRefused, LikesUnreachable } from './transport'

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const settled = () => pass(0)

const tooSoon = (waitMs: number) => new LikesRefused('too_many_requests', 'Wait.', waitMs)

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('a press that comes too soon', () => {
  it('is refused when it is sent for the first time, and the post is read again', async () => {
    const { store, writes, served, shown } = manual()
    store.post(POST).set(true)
    served.state = { count: 450, liked: false, rev: 5, source: 'redis' }
    writes[0]!.fail(tooSoon(3000))
    await settled()
    expect(shown()).toMatchObject({ count: 446, liked: false, error: { retryAfterMs: 3000 } })
    await pass(60_000)
    expect(writes).toHaveLength(1)
    expect(served.reads).toBe(1)
    expect(shown()).toMatchObject({ count: 450, liked: false, error: { code: 'too_many_requests' } })
  })

  it('is waited for as long as the server says when an earlier answer was lost', async () => {
    const { store, writes, shown } = manual()
    store.post(POST).set(true)
    writes[0]!.fail(new LikesUnreachable('no answer'))
    await pass(1000)
    writes[1]!.fail(tooSoon(5000))
    await settled()
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'retrying', error: undefined })
    await pass(4999)
    expect(writes).toHaveLength(2)
    await pass(1)
    expect(writes.map(({ op }) => op)).toEqual(Array(3).fill(writes[0]!.op))
    writes[2]!.answer({ count: 447, liked: true, rev: 2, op: writes[0]!.op, source: 'redis' })
    await settled()
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
  })

  it('is waited for when it is one that the server has lost', async () => {
    const { store, writes, shown } = manual()
    store.post(POST).set(true)
    const { op } = writes[0]!
    writes[0]!.answer({ count: 447, liked: true, rev: 2, op, source: 'redis' })
    await settled()
    store.post(POST).receive({ count: 446, liked: false, rev: 3, op: null, source: 'redis' }, Date.now() + 1)
    expect(writes[1]).toMatchObject({ op, ack: 'postgres' })
    writes[1]!.fail(tooSoon(5000))
    await settled()
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'retrying', error: undefined })
    await pass(5000)
    expect(writes[2]).toMatchObject({ op, ack: 'postgres' })
  })

  it('shows the one before it when only the answer to that one was lost', async () => {
    const { store, writes, served, shown } = manual()
    store.post(POST).set(true)
    served.state = { count: 447, liked: true, rev: 2, op: writes[0]!.op, source: 'redis' }
    writes[0]!.fail(new LikesUnreachable('the reply was lost'))
    await settled()
    store.post(POST).set(false)
    writes[1]!.fail(tooSoon(3000))
    await pass(10)
    expect(shown()).toMatchObject({ count: 447, liked: true, error: { code: 'too_many_requests' } })
  })
})

describe('a refusal for good', () => {
  it('ends a press also when an earlier answer was lost', async () => {
    const { store, writes, shown } = manual()
    store.post(POST).set(true)
    writes[0]!.fail(new LikesUnreachable('no answer'))
    await pass(1000)
    writes[1]!.fail(new LikesRefused('forbidden', 'No.'))
    await pass(60_000)
    expect(writes).toHaveLength(2)
    expect(shown()).toMatchObject({ count: 446, liked: false, error: { code: 'forbidden' } })
  })
})
