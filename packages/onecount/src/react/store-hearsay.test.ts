import { QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { manual, POST, UNKNOWN } from '../../test/support/react-pages'
import { hint } from './hint'
import { likesKey, REGISTER_TTL_MS } from './registers'

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe("a page's payload", () => {
  it('that is no news does not make the number look newer', async () => {
    const { store, served } = manual()
    const known = store.post(POST).entry()
    await pass(3000)
    store.post(POST).seed(served.state)
    expect(store.post(POST).entry()).toBe(known)
  })

  it('that is no news does not make the last known number an exact one', () => {
    const { store, served, shown } = manual()
    store.post(POST).receive(UNKNOWN)
    expect(shown().status).toBe('last-known')
    store.post(POST).seed(served.state)
    expect(shown()).toMatchObject({ count: 446, status: 'last-known' })
  })

  it('that brings the heart alone leaves the status of the number', async () => {
    const { store, shown } = manual()
    hint(store, POST, { count: 450, rev: 20 })
    store.post(POST).receive(UNKNOWN)
    const knownAt = shown().knownAt
    await pass(3000)
    store.post(POST).seed({ count: 450, liked: true, rev: 20, source: 'redis' })
    expect(shown()).toMatchObject({ count: 450, liked: true, status: 'last-known', knownAt })
  })

  it('that knows nothing does not make a known number the last known one', () => {
    const { store, shown } = manual()
    const known = store.post(POST).entry()
    store.post(POST).seed({ ...UNKNOWN, rev: 5 })
    expect(store.post(POST).entry()).toBe(known)
    expect(shown()).toMatchObject({ count: 446, status: 'exact' })
  })

  it('that is newer replaces the known state', () => {
    const { store, shown } = manual()
    store.post(POST).seed({ count: 450, liked: true, rev: 20, source: 'redis' })
    expect(shown()).toMatchObject({ count: 450, liked: true, status: 'exact' })
  })
})

describe('an event', () => {
  /** A view of the post; how often it was read for it. */
  function view({ store }: ReturnType<typeof manual>) {
    const queryFn = vi.fn(async () => store.post(POST).entry())
    const stop = new QueryObserver(store.queryClient, {
      queryKey: likesKey(POST),
      queryFn,
      staleTime: Number.POSITIVE_INFINITY,
    }).subscribe(() => {})
    return { queryFn, stop }
  }

  it('with an older revision never wins by age: the post is read instead', async () => {
    const page = manual()
    const { store, shown } = page
    store.post(POST).receive({ count: 450, liked: true, rev: 20, source: 'redis' })
    const { queryFn, stop } = view(page)
    hint(store, POST, { count: 440, rev: 10 })
    await pass(0)
    expect(queryFn).not.toHaveBeenCalled()
    await pass(REGISTER_TTL_MS + 1)
    hint(store, POST, { count: 440, rev: 10 })
    hint(store, POST, { count: 441, rev: 11 })
    await pass(0)
    expect(shown()).toMatchObject({ count: 450, liked: true })
    expect(queryFn).toHaveBeenCalledTimes(1)
    stop()
  })

  it('that was held back while it grew old does not win by age either', async () => {
    const { store, writes, shown } = manual()
    store.post(POST).set(true)
    hint(store, POST, { count: 448, rev: 3 })
    await pass(REGISTER_TTL_MS + 1)
    writes[0]!.answer({ count: 449, liked: true, rev: 4, op: writes[0]!.op, durable: true })
    await pass(0)
    expect(shown()).toMatchObject({ count: 449, liked: true, status: 'exact' })
  })

  it('with a newer revision is applied without a read', async () => {
    const page = manual()
    const { queryFn, stop } = view(page)
    hint(page.store, POST, { count: 450, rev: 20 })
    await pass(0)
    expect(page.shown()).toMatchObject({ count: 450, liked: false })
    expect(queryFn).not.toHaveBeenCalled()
    stop()
  })

  it('about a post that no view has asked for is not kept', () => {
    const { store } = manual()
    hint(store, 'another', { count: 1, rev: 1 })
    expect(store.post('another').entry()).toBeUndefined()
  })
})
