import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { POST } from '../../test/support/react-pages'
import { Keeper } from './keeper'
import { LikesUnreachable } from './transport'

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** A keeper with one press; `times`: when it has asked, milliseconds from its start. */
function start(answer: () => Promise<void>) {
  const started = Date.now()
  const times: number[] = []
  const read = () => {
    times.push(Date.now() - started)
    return answer()
  }
  const keeper = new Keeper({ posts: () => [POST], read, isOnTheWay: () => false, forget: () => {} })
  keeper.start()
  return { keeper, times }
}
const fails = () => Promise.reject(new LikesUnreachable('no answer'))
const BACKOFF = [0, 3000, 9000, 21_000, 45_000]

describe('the keeper', () => {
  it('asks one question at a time, and once more for what was heard meanwhile', async () => {
    let answer = () => {}
    const { keeper, times } = start(
      () =>
        new Promise(resolve => {
          answer = resolve
        }),
    )
    await pass(0)
    for (let second = 0; second < 60; second++) {
      keeper.askSoon()
      keeper.confirm()
      await pass(1000)
    }
    expect(times).toEqual([0])
    answer()
    await pass(250)
    expect(times).toEqual([0, 60_250])
    answer()
    await pass(2999)
    expect(times).toHaveLength(2)
    await pass(1)
    expect(times).toHaveLength(3)
  })

  it('does not ask a server that fails more often for all the events that come', async () => {
    const { keeper, times } = start(fails)
    for (let tenth = 0; tenth < 600; tenth++) {
      keeper.askSoon()
      await pass(100)
    }
    expect(times).toEqual(BACKOFF)
  })

  it('does not either when an event comes while the question that fails is on its way', async () => {
    const { keeper, times } = start(async () => {
      keeper.askSoon()
      throw new LikesUnreachable('no answer')
    })
    await pass(44_999)
    expect(times.length).toBeLessThanOrEqual(BACKOFF.length - 1)
  })

  it('asks a server that has failed at once when the page is back', async () => {
    const { keeper, times } = start(fails)
    await pass(21_000)
    await pass(4000)
    keeper.askNow()
    await pass(0)
    expect(times).toEqual([0, 3000, 9000, 21_000, 25_000])
  })

  it('listens to events again once the server has answered', async () => {
    let isUp = false
    const { keeper, times } = start(() => (isUp ? Promise.resolve() : fails()))
    await pass(20_000)
    isUp = true
    await pass(2000)
    keeper.askSoon()
    await pass(0)
    expect(times).toEqual([0, 3000, 9000, 21_000, 22_000])
  })

  it('asks less and less often while events of a hot post go on, and soon again after a rest', async () => {
    const { keeper, times } = start(async () => {})
    for (let event = 0; event < 6000; event++) {
      keeper.askSoon()
      await pass(10)
    }
    expect(times.length).toBeGreaterThan(10)
    expect(times.length).toBeLessThan(25)
    await pass(61_000)
    const before = times.length
    keeper.askSoon()
    await pass(250)
    expect(times).toHaveLength(before + 1)
  })
})
