import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { startRedisServer } from '../../../dev/services/redis-server'
import { ablate } from './ablate'
import { runBatch } from './batch'
import { type Engine, productionEngine } from './engine'
import { RULES } from './rules'
import { runSeed } from './run'

const HELP = `Usage: npm run simulate [-- options]

Runs the engine against stores, networks and processes that fail in every way, in an order that a seed decides, and
checks the invariants of docs/design.md once everything works again. The Lua scripts run in a Redis of its own, the SQL
functions as JavaScript that passes the same contract suite.

  --seeds N   how many (1000)
  --from N    the first one (1)
  --seed N    this one alone, with everything that happens in it
  --ablate    switches off each rule of the engine in turn: each must be noticed within --seeds (200)
  --only TEXT with --ablate: rules whose name contains TEXT
  --json      one line of JSON at the end instead of a table
  --help      this text

Exit code: 0 no violation (with --ablate: every rule is noticed), 1 otherwise, 2 wrong usage.
`

const whole = (name: string, value: string | undefined, fallback: number): number => {
  const number = value === undefined ? fallback : Number(value)
  if (!Number.isSafeInteger(number) || number < 1)
    throw new RangeError(`--${name} ${value} is not a whole number above 0`)
  return number
}

async function replay(client: Redis, engine: Engine, seed: number): Promise<number> {
  const { trace, faults, violations } = await runSeed(seed, engine, client, { isTraced: true })
  console.log(trace.join('\n'))
  console.log(`\nseed ${seed}: ${faults.join(', ') || 'calm'}`)
  for (const violation of violations) console.log(`  ${violation}`)
  return violations.length > 0 ? 1 : 0
}

async function simulate(
  client: Redis,
  engine: Engine,
  from: number,
  seeds: number,
  json: boolean,
): Promise<number> {
  const started = performance.now()
  const totals: Record<string, number> = {}
  const failed: { seed: number; violations: string[] }[] = []
  let done = 0
  await runBatch(client, engine, {
    from,
    seeds,
    onOutcome({ seed, violations, counts, faults }) {
      done++
      for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count
      if (violations.length > 0) {
        failed.push({ seed, violations })
        if (!json) console.log(`seed ${seed} (${faults.join(', ')})\n  ${violations.join('\n  ')}`)
      }
      if (process.stderr.isTTY && done % 50 === 0) process.stderr.write(`\r${done} of ${seeds} seeds`)
      return undefined
    },
  })
  const seconds = (performance.now() - started) / 1000
  const violations = failed.reduce((sum, { violations: found }) => sum + found.length, 0)
  if (json) console.log(JSON.stringify({ from, seeds: done, seconds, violations, failed, counts: totals }))
  else {
    const { calls = 0, presses = 0, acknowledged = 0, 're-sent': resent = 0, ...rest } = totals
    const {
      'hydration held': held = 0,
      restamped = 0,
      refused = 0,
      'last words': words = 0,
      ...faults
    } = rest
    for (const [name, count] of Object.entries(faults).sort())
      console.log(`${name.padEnd(24)}${String(count).padStart(10)}`)
    console.log(
      `${done} seeds in ${seconds.toFixed(1)} s: ${calls} calls, ${presses} presses, ${acknowledged} acknowledged, ${resent} sent again, ${restamped} stamped anew, ${refused} refused, ${words} last words, ${held} times nobody could hydrate yet, ${Object.values(faults).reduce((sum, n) => sum + n, 0)} faults; ${violations} violations`,
    )
    if (failed.length > 0) console.log(`replay one with: npm run simulate -- --seed ${failed[0]!.seed}`)
  }
  return violations > 0 ? 1 : 0
}

/** What is asked for; null: the help. @throws RangeError, or TypeError of parseArgs, on wrong usage */
function readOptions() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      seed: { type: 'string' },
      ablate: { type: 'boolean' },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return null
  const rules = values.ablate ? RULES.filter(({ name }) => name.includes(values.only)) : null
  if (rules?.length === 0) throw new RangeError(`--only ${values.only}: no rule has that in its name`)
  return {
    from: whole('from', values.from, 1),
    seeds: whole('seeds', values.seeds, values.ablate ? 200 : 1000),
    seed: values.seed === undefined ? undefined : whole('seed', values.seed, 1),
    rules,
    json: values.json,
  }
}

async function main(): Promise<number> {
  let options: ReturnType<typeof readOptions>
  try {
    options = readOptions()
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`)
    return 2
  }
  if (!options) {
    process.stdout.write(HELP)
    return 0
  }
  const { from, seeds, seed, rules, json } = options
  const server = await startRedisServer()
  const client = new Redis(server.url)
  try {
    if (rules) return await ablate(client, { rules, from, seeds, json })
    const engine = await productionEngine()
    if (seed !== undefined) return await replay(client, engine, seed)
    return await simulate(client, engine, from, seeds, json)
  } finally {
    client.disconnect()
    await server.kill()
  }
}

process.exitCode = await main().catch(error => {
  console.error(error)
  return 1
})
