import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RedisServer, startRedisServer } from '@/dev/services/redis-server'
import { ablateRule } from './ablate'
import { runBatch } from './batch'
import { type Engine, productionEngine } from './engine'
import { RULES } from './rules'
import type { Outcome } from './run'

const SEEDS = 1000

let server: RedisServer
let client: Redis
let engine: Engine
beforeAll(async () => {
  server = await startRedisServer()
  client = new Redis(server.url)
  engine = await productionEngine()
})
afterAll(async () => {
  client.disconnect()
  await server.kill()
})

describe('whatever goes wrong, in whatever order', () => {
  it(`${SEEDS} seeds keep every invariant`, async () => {
    const failed: unknown[] = []
    let faults = 0
    let acknowledgements = 0
    let lastWords = 0
    await runBatch(client, engine, {
      from: 1,
      seeds: SEEDS,
      onOutcome({ seed, violations, counts }) {
        const { calls = 0, presses = 0, acknowledged = 0, 'last words': words = 0, ...broken } = counts
        lastWords += words
        faults += Object.values(broken).reduce((sum, n) => sum + n, 0)
        acknowledgements += acknowledged
        if (violations.length > 0) failed.push({ seed, violations })
        expect(Math.min(calls, presses)).toBeGreaterThan(0)
        return undefined
      },
    })
    expect(failed).toEqual([])
    expect(faults).toBeGreaterThan(10 * SEEDS)
    expect(acknowledgements).toBeGreaterThan(10 * SEEDS)
    expect(lastWords).toBeGreaterThan(SEEDS)
  }, 240_000)

  it('a seed replays to the letter, whatever runs beside it', async () => {
    const tracesOf = async (seeds: number) => {
      const traces = new Map<number, string>()
      const onOutcome = ({ seed, trace }: Outcome) => {
        // Ids are random, and named by nobody.
        traces.set(seed, trace.join('\n').replace(/[0-9a-f-]{36}(\.[\d.]+)?/g, '…'))
        return undefined
      }
      await runBatch(client, engine, { from: 1, seeds, isTraced: true, onOutcome })
      return traces
    }
    const first = await tracesOf(100)
    for (const [seed, trace] of await tracesOf(50)) expect(trace, `seed ${seed}`).toBe(first.get(seed))
    expect(first.get(7)!.length).toBeGreaterThan(10_000)
  }, 60_000)
})

describe('a rule that is switched off is noticed within 200 seeds', () => {
  it.each(RULES.map(rule => [rule.name, rule] as const))(
    '%s',
    async (_, rule) => {
      expect((await ablateRule(client, rule, 1, 200)).seed).not.toBeNull()
    },
    120_000,
  )
})
