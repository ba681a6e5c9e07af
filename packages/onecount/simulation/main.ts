import { parseArgs } from 'node:util'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { ablate } from './ablate'
import { runBatch } from './batch'
import { type Engine, productionEngine } from './engine'
import { FAULTS, type Fault } from './faults'
import { KIND_NAMES, type KindName } from './kinds'
import { Report } from './report'
import type { Rule } from './rule'
import { RULES } from './rules'
import { runSeed, type WorldOptions } from './run'

const HELP = `Usage: npm run simulate [-- options]

Runs the engine against stores, networks and processes that fail in every way, in an order that a seed decides, and
checks the invariants of docs/design.md once everything works again. The Lua scripts run in a Redis of its own, the SQL
functions as JavaScript that passes the same contract suite.

  --seeds N        how many (1000)
  --from N         the first one (1)
  --seed N         this one alone, with everything that happens in it
  --partitions N   into how many parts the keys are split (1)
  --kind NAME      the type of the ids: uuid for the kind without a configuration, bigint or text for one of other tables
                   with a prefix of its keys and no column of the count, variants for one that counts two of a
                   uuid; without it three of eight seeds have one of these
  --faults A,B     what goes wrong, instead of what each seed chooses; '' for nothing
  --steps N        how long it does, in steps (300)
  --ablate         switches off each rule of the engine in turn: each must cause a violation within --seeds (200)
  --only TEXT      with --ablate: rules whose name contains TEXT
  --json           one line of JSON at the end instead of a table
  --help           this text

Faults: ${FAULTS.join(', ')}.

Ctrl-C ends it after the seeds that are under way, with the table of what was done.

Exit code: 0 no violation (with --ablate: every rule caused one), 1 otherwise, 2 wrong usage.
`

const whole = (name: string, value: string | undefined, fallback: number): number => {
  const number = value === undefined ? fallback : Number(value)
  if (!Number.isSafeInteger(number) || number < 1)
    throw new RangeError(`--${name} ${value} is not a whole number above 0`)
  return number
}

interface Options extends WorldOptions {
  from: number
  seeds: number
  /** This one alone. */
  seed: number | undefined
  partitions: number
  /** To switch off; null: none. */
  rules: Rule[] | null
  json: boolean
}

async function replay(client: Redis, engine: Engine, seed: number, options: WorldOptions): Promise<number> {
  const { trace, kind, faults, violations } = (await runSeed(seed, engine, client, {
    ...options,
    isTraced: true,
  }))!
  console.log(trace.join('\n'))
  console.log(`\nseed ${seed}, ${kind} ids: ${faults.join(', ') || 'calm'}`)
  for (const violation of violations) console.log(`  ${violation}`)
  return violations.length > 0 ? 1 : 0
}

async function simulate(client: Redis, engine: Engine, options: Options): Promise<number> {
  const { from, seeds, faults, steps, kind, partitions, json } = options
  const report = new Report(from, json)
  let done = 0
  let isStopped = false
  process.once('SIGINT', () => {
    isStopped = true
  })
  await runBatch(client, engine, {
    from,
    seeds,
    faults,
    steps,
    kind,
    onOutcome(outcome) {
      report.add(outcome)
      done++
      if (process.stderr.isTTY) {
        if (done % 50 === 0) process.stderr.write(`\r${done} of ${seeds} seeds`)
      } else if (done % 5000 === 0) process.stderr.write(`${done} of ${seeds} seeds\n`)
      return isStopped
    },
  })
  report.print(
    [
      partitions > 1 ? ` --partitions ${partitions}` : '',
      kind ? ` --kind ${kind}` : '',
      faults ? ` --faults '${[...faults]}'` : '',
      steps ? ` --steps ${steps}` : '',
    ].join(''),
  )
  return report.violations > 0 ? 1 : 0
}

const isFault = (name: string): name is Fault => (FAULTS as readonly string[]).includes(name)

function faultsOf(value: string | undefined): Set<Fault> | undefined {
  if (value === undefined) return undefined
  const names = value.split(',').filter(Boolean)
  const unknown = names.find(name => !isFault(name))
  if (unknown) throw new RangeError(`--faults ${unknown}: there is ${FAULTS.join(', ')}`)
  return new Set(names.filter(isFault))
}

function kindOf(value: string | undefined): KindName | undefined {
  const name = KIND_NAMES.find(known => known === value)
  if (value !== undefined && !name) throw new RangeError(`--kind ${value}: there is ${KIND_NAMES.join(', ')}`)
  return name
}

/** Options of the command line; null: the help. @throws RangeError, or TypeError of parseArgs, on wrong usage */
function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      seed: { type: 'string' },
      partitions: { type: 'string' },
      kind: { type: 'string' },
      faults: { type: 'string' },
      steps: { type: 'string' },
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
    partitions: whole('partitions', values.partitions, 1),
    kind: kindOf(values.kind),
    faults: faultsOf(values.faults),
    steps: values.steps === undefined ? undefined : whole('steps', values.steps, 1),
    rules,
    json: values.json,
  }
}

async function main(): Promise<number> {
  let options: Options | null
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
  const { rules, from, seeds, json, seed, partitions, kind, faults, steps } = options
  const server = await startRedisServer()
  const client = new Redis(server.url)
  try {
    if (rules) return await ablate(client, { rules, from, seeds, json, kind })
    const engine = productionEngine(partitions)
    if (seed !== undefined) return await replay(client, engine, seed, { faults, steps, kind })
    return await simulate(client, engine, options)
  } finally {
    client.disconnect()
    await server.kill()
  }
}

process.exitCode = await main().catch(error => {
  console.error(error)
  return 1
})
