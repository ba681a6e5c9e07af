import { describe, expect, it } from 'vitest'
import { drill } from './drill'
import { FAULTS } from './faults'
import { failuresOf } from './verdict'

describe('whatever breaks, once each, while people press', () => {
  it('loses nothing that was promised, and the stores end the same', async () => {
    const rows = await drill({ plan: FAULTS })
    expect(failuresOf(rows)).toEqual([])
    expect(rows.map(({ fault }) => fault)).toEqual(FAULTS.map(({ name }) => name))
  }, 180_000)
})

describe('the verdict', () => {
  const row = {
    fault: 'Redis killed',
    times: 1,
    acknowledged: 10,
    durable: 10,
    lost: { redis: 0, postgres: 0, browser: 0 },
    drift: [],
    slowest: 100,
  }
  const none = { redis: 0, postgres: 0, browser: 0 }

  it.each([
    [{ lost: { ...none, redis: 1 } }, 'Redis had lost nothing'],
    [{ lost: { ...none, postgres: 1 } }, 'Postgres had acknowledged'],
    [{ lost: { ...none, browser: 1 } }, 'a browser had kept'],
    [{ drift: ['post: 1'] }, 'drift: post: 1'],
    [{ times: 0 }, 'nothing happened'],
    [{ acknowledged: 0 }, 'nothing happened'],
    [{ slowest: 9000 }, 'took 9000 ms'],
  ])('names %j', (part, words) => {
    expect(failuresOf([{ ...row, ...part }])).toEqual([expect.stringContaining(words)])
  })

  it('lets Redis lose what it alone had, where it was rolled back, and only there', () => {
    const lost = { ...none, redis: 3 }
    expect(failuresOf([{ ...row, fault: 'older snapshot restored', lost }])).toEqual([])
    expect(failuresOf([row])).toEqual([])
  })
})
