import { describe, expect, it } from 'vitest'
import { drill } from './drill'
import { FAULTS, type Fault } from './faults'
import { failuresOf } from './verdict'

describe('whatever breaks, once each, while people press', () => {
  it('loses nothing that was promised, and the stores end the same', async () => {
    const rows = await drill({ plan: FAULTS })
    expect(failuresOf(rows).join('\n')).toBe('')
    expect(rows.map(({ fault }) => fault)).toEqual(FAULTS.map(({ name }) => name))
  }, 300_000)
})

describe('a worker that has ended by itself', () => {
  it('is started again, and said to have ended', async () => {
    const endWorker: Fault = {
      name: 'worker killed',
      isKill: true,
      async strike(stack) {
        await stack.killWorker()
        expect(stack.isWorkerAlive).toBe(false)
        return 1
      },
    }
    const rows = await drill({ plan: [endWorker, endWorker], people: 3, posts: 2 })
    expect(rows[0]!.workerEnds).toEqual(['SIGKILL', 'SIGKILL'])
    expect(failuresOf(rows)).toContain('worker killed: the worker ended by itself: SIGKILL')
  }, 60_000)
})

describe('the verdict', () => {
  const row = {
    fault: 'Redis killed',
    times: 1,
    acknowledged: 10,
    durable: 10,
    lost: { redis: 0, postgres: 0, browser: 0 },
    drift: [],
    workerEnds: [],
    slowest: 100,
  }
  const none = { redis: 0, postgres: 0, browser: 0 }

  it.each([
    [{ lost: { ...none, redis: 1 } }, 'Redis had lost nothing'],
    [{ lost: { ...none, postgres: 1 } }, 'Postgres had acknowledged'],
    [{ lost: { ...none, browser: 1 } }, 'a browser had kept'],
    [{ drift: ['post: 1'] }, 'drift: post: 1'],
    [{ workerEnds: ['code 1'] }, 'the worker ended by itself: code 1'],
    [{ times: 0 }, 'nothing happened'],
    [{ acknowledged: 0 }, 'nothing happened'],
    [{ slowest: 9000 }, 'took 9000 ms'],
  ])('names %j', (part, words) => {
    expect(failuresOf([{ ...row, ...part }])).toEqual([expect.stringContaining(words)])
  })

  it('allows the loss of presses that Redis alone held where it was rolled back, and only there', () => {
    const lost = { ...none, redis: 3 }
    expect(failuresOf([{ ...row, fault: 'older snapshot restored', lost }])).toEqual([])
    expect(failuresOf([{ ...row, fault: 'primary killed', lost }])).toEqual([])
    expect(failuresOf([{ ...row, fault: 'slot moved', lost }])).toHaveLength(1)
    expect(failuresOf([row])).toEqual([])
  })

  it('lets the worker end where Postgres is killed', () => {
    expect(failuresOf([{ ...row, fault: 'Postgres killed', workerEnds: ['code 1'] }])).toEqual([])
  })
})
