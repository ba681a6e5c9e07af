import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Answer, manual, POST } from '../../test/support/react-pages'
import { hint } from './hint'
import type { LikeInput } from './registers'
import { LikesRefused, LikesUnreachable } from './transport'

const settled = () => vi.advanceTimersByTimeAsync(0)

describe('a press', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('is shown at once, and is not counted twice when the event comes before the answer', async () => {
    const { store, writes, shown } = manual()
    store.post(POST).set(true)
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'saving' })
    store.post(POST).receive({ count: 447, rev: 2, source: 'redis' })
    expect(shown()).toMatchObject({ count: 447, status: 'saving' })
    writes[0]!.answer({ count: 447, liked: true, rev: 2, op: writes[0]!.op, source: 'redis' })
    await settled()
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
  })

  it("shows other people's likes that came while it was on its way as soon as it is durable", async () => {
    const { store, writes, shown } = manual()
    store.post(POST).set(true)
    store.post(POST).receive({ count: 448, rev: 3, source: 'redis' })
    writes[0]!.answer({ count: 447, liked: true, rev: 2, op: writes[0]!.op, durable: true, source: 'redis' })
    await settled()
    expect(shown()).toMatchObject({ count: 448, liked: true, status: 'exact' })
  })

  it('that is followed by others sends one at a time, the last intent wins', async () => {
    const { store, writes, shown } = manual()
    store.post(POST).set(true)
    store.post(POST).set(false)
    store.post(POST).set(true)
    store.post(POST).set(false)
    expect(writes).toHaveLength(1)
    expect(shown()).toMatchObject({ count: 446, liked: false, status: 'saving' })
    writes[0]!.answer({ count: 447, liked: true, rev: 2, op: writes[0]!.op, source: 'redis' })
    await settled()
    expect(shown()).toMatchObject({ count: 446, liked: false })
    expect(writes).toHaveLength(2)
    expect(writes[1]).toMatchObject({ liked: false })
    expect(writes[1]!.op).toBeGreaterThan(writes[0]!.op)
  })

  it('whose answer is lost is kept and repeated with the same op', async () => {
    const { store, writes, shown } = manual()
    store.post(POST).set(true)
    writes[0]!.fail(new LikesUnreachable('no answer'))
    await settled()
    expect(shown()).toMatchObject({ count: 447, status: 'retrying' })
    await vi.advanceTimersByTimeAsync(1000)
    expect(writes[1]!.op).toBe(writes[0]!.op)
    writes[1]!.fail(new LikesUnreachable('no answer'))
    await settled()
    store.retryAll()
    expect(writes[2]!.op).toBe(writes[0]!.op)
    writes[2]!.answer({ count: 447, liked: true, rev: 2, op: writes[0]!.op, source: 'redis' })
    await settled()
    expect(shown()).toMatchObject({ count: 447, status: 'exact' })
  })

  it('that is refused goes, and says why until the next one', async () => {
    const { store, writes, shown } = manual()
    store.post(POST).set(true)
    writes[0]!.fail(new LikesRefused('too_many_requests', 'Wait a moment.', 3000))
    await settled()
    expect(shown()).toMatchObject({ count: 446, liked: false, error: { code: 'too_many_requests' } })
    store.post(POST).set(true)
    expect(shown().error).toBeUndefined()
    store.post(POST).dismiss()
    expect(shown()).toMatchObject({ count: 447, status: 'saving' })
  })

  it('that the server accepted without a count keeps the number it showed', async () => {
    const { store, writes, shown } = manual()
    store.post(POST).set(true)
    writes[0]!.answer({ count: null, liked: true, rev: 0, op: writes[0]!.op, source: 'unknown' })
    await settled()
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'last-known' })
  })

  it('is believed although the registers carry a revision that is too high', async () => {
    const { store, writes, shown } = manual()
    store.post(POST).receive({ count: 446, liked: false, rev: 1e9, source: 'redis' })
    store.post(POST).set(true)
    writes[0]!.answer({ count: 447, liked: true, rev: 7, op: writes[0]!.op, source: 'redis' })
    await settled()
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
  })

  it('gets an op that beats the newest one known, also when this clock is behind', () => {
    const { store, writes } = manual()
    const ahead = 2 * (Date.now() * 1000 + 60e6) + 1
    store.post(POST).receive({ count: 447, liked: true, rev: 2, op: ahead, source: 'redis' })
    store.post(POST).set(false)
    expect(writes[0]!.op).toBeGreaterThan(ahead)
    expect(writes[0]!.op % 2).toBe(0)
  })

  it('is later than the revision that was on screen, also when this clock is hours behind', () => {
    const { store, writes } = manual()
    const rev = (Date.now() + 3 * 60 * 60_000) * 1000
    store.post(POST).receive({ count: 447, liked: false, rev, source: 'redis' })
    store.post(POST).set(true)
    expect(Math.floor(writes[0]!.op / 2)).toBeGreaterThan(rev)
    expect(writes[0]!.op % 2).toBe(1)
  })

  it('that is under way gives way to a later one of another tab', async () => {
    const { store, writes, shown } = manual()
    store.post(POST).set(true)
    const { op } = writes[0]!
    store.post(POST).receive({ count: 446, liked: false, rev: 3, op: op + 1, source: 'redis' })
    expect(shown()).toMatchObject({ count: 446, liked: false, status: 'exact' })
    writes[0]!.fail(new LikesUnreachable('no answer'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(writes).toHaveLength(1)
    expect(shown()).toMatchObject({ count: 446, liked: false, status: 'exact' })
  })

  it('that waits to be repeated gives way to a later one of another tab', async () => {
    const { store, writes, shown } = manual()
    store.post(POST).set(true)
    writes[0]!.fail(new LikesUnreachable('no answer'))
    await settled()
    store.post(POST).receive({ count: 446, liked: false, rev: 3, op: writes[0]!.op + 1, source: 'redis' })
    expect(shown()).toMatchObject({ count: 446, liked: false, status: 'exact' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(writes).toHaveLength(1)
  })
})

/** A server with other people on it. Messages come at any time and in any order. */
describe('whatever the order in which messages arrive', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant('other' as const) },
    { weight: 3, arbitrary: fc.constant('event' as const) },
    { weight: 2, arbitrary: fc.constant('read' as const) },
    { weight: 3, arbitrary: fc.constant('deliver' as const) },
    { weight: 2, arbitrary: fc.constant('press' as const) },
    { weight: 3, arbitrary: fc.constant('serve' as const) },
    { weight: 2, arbitrary: fc.constant('lose' as const) },
  )

  it('a person sees their press at once, keeps it, and ends with the truth', async () => {
    vi.useFakeTimers()
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        async (steps, random) => {
          const { store, writes, shown } = manual()
          const server = { count: 446, liked: false, rev: 1, op: 0 }
          const onTheWay: { input: LikeInput; at: number; isEvent: boolean }[] = []
          let answered = 0
          let wanted: boolean | undefined
          const state = (): Answer => ({ ...server, source: 'redis' })
          const write = (liked: boolean, op: number) => {
            if (op <= server.op) return
            server.op = op
            if (server.liked === liked) return
            server.liked = liked
            server.count += liked ? 1 : -1
            server.rev++
          }
          const act: Record<typeof step extends fc.Arbitrary<infer T> ? T : never, () => void> = {
            other: () => {
              server.count++
              server.rev++
            },
            event: () => {
              const input: LikeInput = { count: server.count, rev: server.rev, source: 'redis' }
              onTheWay.push({ input, at: Date.now(), isEvent: true })
            },
            read: () => onTheWay.push({ input: state(), at: Date.now(), isEvent: false }),
            deliver: () => {
              const [message] = onTheWay.splice(random.next().value! % Math.max(1, onTheWay.length), 1)
              if (!message) return
              const { input, at, isEvent } = message
              if (!isEvent) store.post(POST).receive(input, at)
              else hint(store, POST, input)
            },
            press: () => {
              wanted = !shown().liked
              store.post(POST).set(wanted)
            },
            serve: () => {
              const next = writes[answered]
              if (!next) return
              answered++
              write(next.liked, next.op)
              next.answer(state())
            },
            lose: () => {
              const next = writes[answered]
              if (!next) return
              answered++
              write(next.liked, next.op)
              next.fail(new LikesUnreachable('the reply was lost'))
            },
          }
          for (const name of steps) {
            act[name]()
            await vi.advanceTimersByTimeAsync(name === 'lose' ? 20_000 : 0)
            if (wanted !== undefined) expect(shown().liked).toBe(wanted)
            expect(shown().count).toBeGreaterThanOrEqual(445)
            expect(shown().count).toBeLessThanOrEqual(server.count + 1)
          }
          while (writes.length > answered) {
            act.serve()
            await vi.advanceTimersByTimeAsync(0)
          }
          while (onTheWay.length > 0) act.deliver()
          store.post(POST).receive(state())
          expect(shown()).toMatchObject({ count: server.count, liked: server.liked, status: 'exact' })
        },
      ),
      { numRuns: 400 },
    )
    vi.useRealTimers()
  })
})
