import { describe, expect, it } from 'vitest'
import { joinLoops } from './join-loops'
import type { Drainer } from './loop'

interface Fake {
  drained?: number
  more?: boolean
  hasWork?: boolean
  at?: number | null
  error?: Error
}

/** Loops that note what they are asked for. */
function fakes(...loops: Fake[]) {
  const calls: string[] = []
  const joined = joinLoops(
    loops.map(({ drained = 0, more = false, hasWork = false, at = null, error }, i): Drainer => {
      const note = async <T>(name: string, answer: T, ...args: unknown[]): Promise<T> => {
        calls.push([name, i, ...args.map(arg => JSON.stringify(arg))].join(' '))
        if (error) throw error
        return answer
      }
      return {
        tick: () => note('tick', { outcome: 'drained', drained, more }),
        flush: options => note('flush', { drained, more }, options),
        hasWork: () => note('hasWork', hasWork),
        lastDrainAt: () => at,
        start: () => void note('start', null),
        nudge: () => void note('nudge', null),
        stop: options => note('stop', undefined, options),
      }
    }),
  )
  return { joined, calls }
}

describe('the loops of all partitions as one', () => {
  it('drain together, and add up what they did; one that is not done is enough', async () => {
    const { joined, calls } = fakes({ drained: 2 }, { drained: 3, more: true }, {})
    expect(await joined.flush({ budgetMs: 9 })).toEqual({ drained: 5, more: true })
    expect(calls).toEqual(['flush 0 {"budgetMs":9}', 'flush 1 {"budgetMs":9}', 'flush 2 {"budgetMs":9}'])
    expect(await fakes({ drained: 1 }, { drained: 1 }).joined.flush()).toEqual({ drained: 2, more: false })
  })

  it('tick in turn', async () => {
    const { joined, calls } = fakes({}, {}, {})
    for (let i = 0; i < 4; i++) await joined.tick()
    expect(calls).toEqual(['tick 0', 'tick 1', 'tick 2', 'tick 0'])
  })

  it('have work when one has', async () => {
    expect(await fakes({}, { hasWork: true }).joined.hasWork()).toBe(true)
    expect(await fakes({}, {}).joined.hasWork()).toBe(false)
  })

  it('have drained when the last one did, and never when none did', () => {
    expect(fakes({ at: 5 }, { at: null }, { at: 3 }).joined.lastDrainAt()).toBe(5)
    expect(fakes({}, {}).joined.lastDrainAt()).toBeNull()
  })

  it('are started, nudged and stopped each', async () => {
    const { joined, calls } = fakes({}, {})
    joined.start()
    joined.nudge()
    await joined.stop({ budgetMs: 1 })
    expect(calls).toEqual([
      'start 0',
      'start 1',
      'nudge 0',
      'nudge 1',
      'stop 0 {"budgetMs":1}',
      'stop 1 {"budgetMs":1}',
    ])
  })

  it('where one fails the others have ended before it is told', async () => {
    let end = () => {}
    const slow = new Promise<{ drained: number; more: boolean }>(resolve => {
      end = () => resolve({ drained: 1, more: false })
    })
    const failing = fakes({ error: new Error('away') }).joined
    const joined = joinLoops([failing, { ...fakes({}).joined, flush: () => slow }])
    let isTold = false
    const told = joined.flush().catch(() => {
      isTold = true
    })
    await new Promise(resolve => setImmediate(resolve))
    expect(isTold).toBe(false)
    end()
    await told
    expect(isTold).toBe(true)
  })

  it('fail where one fails', async () => {
    const error = new Error('away')
    await expect(fakes({}, { error }).joined.flush()).rejects.toBe(error)
  })
})
