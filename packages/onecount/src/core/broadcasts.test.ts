import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createBroadcasts } from './broadcasts'
import { TOPICS, type ToldLikes, topicOf } from './topics'
import type { LikeState, Source } from './types'

const id = (n: number) => `50050001-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`
const ONE = id(1)
const TOPIC = topicOf('like', ONE)
/** Posts of one topic, that of `ONE`. */
const SAME = Array.from({ length: 50_000 }, (_, n) => id(n)).filter(one => topicOf('like', one) === TOPIC)

/** Posts with counts, and a Realtime that may be slow or away. */
function start() {
  const counts = new Map<string, number>()
  const realtime = {
    sent: [] as { topic: string; likes: ToldLikes[]; at: number }[],
    inFlight: 0,
    most: 0,
    latencyMs: 0,
    isUp: true,
  }
  const began = performance.now()
  const elapsed = () => performance.now() - began
  const warnings: string[] = []
  const source = { of: 'redis' as Source }
  const broadcasts = createBroadcasts({
    kind: 'like',
    elapsed,
    log: { warn: line => warnings.push(line) },
    async read(postIds) {
      const state = (postId: string): LikeState => ({
        postId,
        count: counts.get(postId) ?? null,
        rev: 1000 + (counts.get(postId) ?? 0),
        liked: null,
        op: null,
        durable: null,
        source: source.of,
      })
      return new Map(postIds.map(postId => [postId, state(postId)]))
    },
    port: {
      async send(topic, likes) {
        realtime.most = Math.max(realtime.most, ++realtime.inFlight)
        await new Promise(resolve => setTimeout(resolve, realtime.latencyMs))
        realtime.inFlight--
        if (!realtime.isUp) throw new Error('no Realtime')
        realtime.sent.push({ topic, likes, at: elapsed() })
      },
    },
  })
  const like = (postId: string, count: number) => {
    counts.set(postId, count)
    broadcasts.changed([postId])
  }
  return { broadcasts, realtime, warnings, source, like }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('broadcasts', () => {
  it('tells the first change at once', async () => {
    const { realtime, like } = start()
    like(ONE, 447)
    await vi.advanceTimersByTimeAsync(1)
    expect(realtime.sent).toMatchObject([{ topic: TOPIC, likes: [[ONE, 447, 1447]] }])
  })

  it('tells a hot post four times a second, and its last number at the end', async () => {
    const { realtime, like } = start()
    for (let n = 1; n <= 1000; n++) {
      like(ONE, n)
      await vi.advanceTimersByTimeAsync(2)
    }
    await vi.advanceTimersByTimeAsync(1000)
    expect(realtime.sent.length).toBeGreaterThanOrEqual(8)
    expect(realtime.sent.length).toBeLessThanOrEqual(9)
    expect(realtime.sent.at(-1)!.likes).toEqual([[ONE, 1000, 2000]])
    const gaps = realtime.sent.slice(1).map(({ at }, i) => at - realtime.sent[i]!.at)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250)
  })

  it('has one request a topic under way, however slow Realtime is', async () => {
    const { realtime, like } = start()
    realtime.latencyMs = 2000
    for (let n = 1; n <= 100; n++) {
      like(ONE, n)
      await vi.advanceTimersByTimeAsync(50)
    }
    await vi.advanceTimersByTimeAsync(4000)
    expect(realtime.most).toBe(1)
    expect(realtime.sent.length).toBeLessThanOrEqual(5)
    expect(realtime.sent.at(-1)!.likes).toEqual([[ONE, 100, 1100]])
  })

  it('holds the ids of so many posts at most, and tells them in messages of a page', async () => {
    const { realtime, like } = start()
    expect(SAME.length).toBeGreaterThan(2500)
    realtime.isUp = false
    for (const one of SAME.slice(0, 2500)) like(one, 1)
    await vi.advanceTimersByTimeAsync(1000)
    realtime.isUp = true
    await vi.advanceTimersByTimeAsync(60_000)
    expect(Math.max(...realtime.sent.map(({ likes }) => likes.length))).toBe(250)
    const told = new Set(realtime.sent.flatMap(({ likes }) => likes.map(([postId]) => postId)))
    expect(told.size).toBe(2000)
    expect(told.has(SAME[2499]!)).toBe(true)
  })

  it('says once that Realtime is away, tries less and less often, and then tells the numbers of then', async () => {
    const { realtime, warnings, like } = start()
    realtime.isUp = false
    let attempts = 0
    for (let n = 1; n <= 600; n++) {
      like(ONE, n)
      const before = realtime.inFlight
      await vi.advanceTimersByTimeAsync(100)
      attempts += Number(realtime.inFlight !== before)
    }
    expect(attempts).toBeLessThan(20)
    expect(warnings).toEqual(['broadcast paused: no Realtime'])
    realtime.isUp = true
    await vi.advanceTimersByTimeAsync(31_000)
    expect(realtime.sent.map(({ likes }) => likes)).toEqual([[[ONE, 600, 1600]]])
    expect(warnings.slice(1)).toEqual(['broadcast resumed'])
  })

  it('gives up a message that Realtime does not accept within 5 seconds', async () => {
    const { realtime, warnings, like } = start()
    realtime.latencyMs = 60_000
    like(ONE, 1)
    await vi.advanceTimersByTimeAsync(5001)
    expect(warnings[0]).toContain('no answer within 5000 ms')
  })

  it.each(['lagging', 'unknown'] as const)('tells no count that is %s', async what => {
    const { realtime, source, like } = start()
    source.of = what
    like(ONE, 1)
    await vi.advanceTimersByTimeAsync(1000)
    expect(realtime.sent).toEqual([])
  })

  it('flushes the messages that are left, and does not wait for an unreachable Realtime', async () => {
    const { broadcasts, realtime, like } = start()
    like(ONE, 1)
    await vi.advanceTimersByTimeAsync(1)
    like(ONE, 2)
    let isFlushed = false
    const flushed = broadcasts.flush().then(() => (isFlushed = true))
    await vi.advanceTimersByTimeAsync(200)
    expect(isFlushed).toBe(false)
    await vi.advanceTimersByTimeAsync(60)
    await flushed
    expect(realtime.sent.at(-1)!.likes).toEqual([[ONE, 2, 1002]])
    realtime.isUp = false
    like(ONE, 3)
    await vi.advanceTimersByTimeAsync(300)
    await broadcasts.flush()
  })
})

describe('topicOf', () => {
  it('spreads posts over the topics, and is the same everywhere', () => {
    const counts = new Map<string, number>()
    for (let n = 0; n < 16_000; n++) {
      const topic = topicOf('like', id(n))
      counts.set(topic, (counts.get(topic) ?? 0) + 1)
    }
    expect(counts.size).toBe(TOPICS)
    expect(Math.min(...counts.values())).toBeGreaterThan(800)
    // What a deployed page was built with: a change of these is a change of the protocol.
    expect(topicOf('like', '50050001-aaaa-bbbb-cccc-ddddeeee0001')).toBe('likes:7')
    expect(topicOf('bookmark', '42')).toBe('likes:bookmark:3')
  })
})
