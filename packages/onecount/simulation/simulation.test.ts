import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forAllTests } from '../test/support/for-all-tests'
import { runBatch } from './batch'
import { productionEngine } from './engine'
import { FAULTS } from './faults'
import type { KindName } from './kinds'
import { faultsIn } from './report'
import type { Outcome } from './run'

/** Ids and epochs are random, and so is how long a post stays in Redis; nothing in a world goes by them. */
const withoutChance = (trace: string): string =>
  trace
    .replace(/[0-9a-f-]{36}(\.[\d.]+)?|\b[0-9a-f]{16}\b/g, '…')
    .replace(/(install-posts\(\["[^"]*",\d+,\d+,)\d+,/g, '$1…,')

const server = forAllTests(startRedisServer)
let client: Redis
beforeAll(() => (client = new Redis(server.url)))
afterAll(() => client.disconnect())

describe('whatever goes wrong, in whatever order', () => {
  it.each([
    { seeds: 1000, partitions: 1, least: 10 },
    { seeds: 300, partitions: 4, least: 5 },
  ])(
    '$seeds seeds with partitions: $partitions keep every invariant',
    async ({ seeds, partitions, least }) => {
      const silent: number[] = []
      const failed: unknown[] = []
      const totals = { faults: 0, acknowledged: 0, lastWords: 0 }
      const kinds: Record<string, number> = {}
      const met = new Set<string>()
      const counted: Record<string, number> = {}
      await runBatch(client, productionEngine(partitions), {
        from: 1,
        seeds,
        onOutcome({ seed, kind, faults, violations, counts }) {
          for (const fault of faults) met.add(fault)
          for (const fault of FAULTS) counted[fault] = (counted[fault] ?? 0) + (counts[fault] ?? 0)
          kinds[kind] = (kinds[kind] ?? 0) + 1
          const { calls = 0, presses = 0, acknowledged = 0, 'last words': words = 0 } = counts
          totals.lastWords += words
          totals.faults += faultsIn(counts)
          totals.acknowledged += acknowledged
          if (violations.length > 0) failed.push({ seed, kind, violations })
          expect(calls).toBeGreaterThan(0)
          if (presses === 0) silent.push(seed)
          return undefined
        },
      })
      expect(failed).toEqual([])
      for (const name of ['bigint', 'text']) expect(kinds[name], name).toBeGreaterThan(seeds / 10)
      expect([...met].sort()).toEqual([...FAULTS].sort())
      expect(counted['over rest']).toBeGreaterThan(seeds / 2)
      expect(counted['post comes back']).toBeGreaterThan(seeds / 200)
      expect(totals.faults).toBeGreaterThan(10 * seeds)
      expect(totals.acknowledged).toBeGreaterThan(least * seeds)
      expect(silent.length, `no session presses in ${silent}`).toBeLessThan(seeds / 100)
      expect(totals.lastWords).toBeGreaterThan(seeds)
    },
    300_000,
  )

  it('a seed replays to the letter, whatever runs beside it', async () => {
    const engine = productionEngine()
    const tracesOf = async (seeds: number) => {
      const traces = new Map<number, string>()
      const onOutcome = ({ seed, trace }: Outcome) => {
        traces.set(seed, withoutChance(trace.join('\n')))
        return undefined
      }
      await runBatch(client, engine, { from: 1, seeds, isTraced: true, onOutcome })
      return traces
    }
    const first = await tracesOf(100)
    for (const [seed, trace] of await tracesOf(50)) expect(trace, `seed ${seed}`).toBe(first.get(seed))
    expect(first.get(7)!.length).toBeGreaterThan(10_000)
  })

  it('a seed is the same world whatever its ids are', async () => {
    const engine = productionEngine()
    const worlds = async (kind: KindName) => {
      const found: unknown[] = []
      await runBatch(client, engine, {
        from: 1,
        seeds: 30,
        kind,
        onOutcome({ seed, faults, violations, counts: { presses } }) {
          expect(presses).toBeGreaterThan(0)
          found[seed] = { faults, violations, presses }
          return undefined
        },
      })
      return found
    }
    const [uuid, bigint] = [await worlds('uuid'), await worlds('bigint')]
    expect(bigint).toEqual(uuid)
  })

  it('a slice that is settled once more does not make its ops younger', async () => {
    const outcomes: Pick<Outcome, 'seed' | 'violations'>[] = []
    await runBatch(client, productionEngine(), {
      from: 7,
      seeds: 1,
      faults: new Set(['postgres rolled back', 'short recent']),
      steps: 800,
      onOutcome({ seed, violations }) {
        outcomes.push({ seed, violations })
        return undefined
      },
    })
    expect(outcomes).toEqual([{ seed: 7, violations: [] }])
  })

  it('no read shows a lagging count where nothing goes wrong', async () => {
    const failed: unknown[] = []
    await runBatch(client, productionEngine(), {
      from: 1,
      seeds: 200,
      faults: new Set(),
      onOutcome({ seed, violations }) {
        if (violations.length > 0) failed.push({ seed, violations })
        return undefined
      },
    })
    expect(failed).toEqual([])
  })
})
