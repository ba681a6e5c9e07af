import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { startRedisServer } from '../../../../dev/services/redis-server'
import { ablate } from '../../simulation/ablate'
import { runBatch } from '../../simulation/batch'
import { runSeed } from '../../simulation/run'
import { engineOf, nextWithout } from './engine'
import { RULES } from './rules'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '300' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    partitions: { type: 'string', default: '1' },
    faults: { type: 'string' },
    steps: { type: 'string' },
    ablate: { type: 'boolean' },
    only: { type: 'string', default: '' },
  },
})

async function main(): Promise<number> {
  const server = await startRedisServer()
  const client = new Redis(server.url)
  const faults = values.faults === undefined ? undefined : new Set(values.faults.split(',').filter(Boolean))
  const options = {
    faults: faults as never,
    steps: values.steps === undefined ? undefined : Number(values.steps),
  }
  try {
    if (values.ablate) {
      const rules = RULES.filter(({ name }) => name.includes(values.only))
      return await ablate(client, { rules, from: 1, seeds: 200, json: false, without: nextWithout })
    }
    const engine = await engineOf(join(import.meta.dirname, '../..'), Number(values.partitions))
    if (values.seed) {
      const { trace, violations } = await runSeed(Number(values.seed), engine, client, {
        ...options,
        isTraced: true,
      })
      console.log([...trace, ...violations].join('\n'))
      return violations.length > 0 ? 1 : 0
    }
    let bad = 0
    const counts: Record<string, number> = {}
    await runBatch(client, engine, {
      ...options,
      from: Number(values.from),
      seeds: Number(values.seeds),
      onOutcome({ seed, violations, faults, counts: of }) {
        for (const [what, n] of Object.entries(of)) counts[what] = (counts[what] ?? 0) + n
        if (violations.length > 0 && ++bad <= 12)
          console.log(`${seed} [${faults}]\n    ${[...new Set(violations)].slice(0, 3).join('\n    ')}`)
        return undefined
      },
    })
    console.log(`${values.seeds} seeds, ${bad} bad`, JSON.stringify(counts))
    return bad > 0 ? 1 : 0
  } finally {
    client.disconnect()
    await server.kill()
  }
}

main().then(code => process.exit(code))
