import { parseArgs } from 'node:util'
import { formatTable } from '../packages/onecount/src/cli/table'
import { drill, type Row } from './drill'
import { FAULTS, type Fault } from './faults'
import { failuresOf } from './verdict'

const HELP = `Usage: npm run drill [-- options]

Starts the stores, the application and a worker as processes of this machine, lets people press hearts over HTTP, and
breaks something every second or two: kills with -9, restores an older Redis, promotes a replica that lags, and does to
the connections what networks do. After each it waits until all is drained, and compares what was acknowledged with what
is there.

  --kills N    of each kind (200)
  --links N    rounds of each fault of each connection (20)
  --short      each once
  --only TEXT  faults whose name contains TEXT
  --json       one JSON object on stdout
  --help       this text

Ctrl-C ends it after the round that is under way, with the table of what was done.

Lost: acknowledged, and not in Postgres afterwards, by what was promised: ack redis, ack postgres, and ack redis with a
browser that keeps its presses. Exit code: 0 as promised, 1 not, 2 wrong usage.
`

function planOf(kills: number, links: number, only: string): Fault[] {
  const chosen = FAULTS.filter(({ name }) => name.includes(only))
  const rounds = Math.max(kills, links)
  return Array.from({ length: rounds }, (_, round) =>
    chosen.filter(({ isKill }) => round < (isKill ? kills : links)),
  ).flat()
}

const whole = (name: string, value: string | undefined, fallback: number): number => {
  const number = value === undefined ? fallback : Number(value)
  if (!Number.isSafeInteger(number) || number < 0)
    throw new RangeError(`--${name} ${value} is no whole number`)
  return number
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string' },
      links: { type: 'string' },
      short: { type: 'boolean' },
      only: { type: 'string', default: '' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const once = values.short ? 1 : undefined
  const plan = planOf(
    whole('kills', values.kills, once ?? 200),
    whole('links', values.links, once ?? 20),
    values.only,
  )
  const started = performance.now()
  const stop = new AbortController()
  process.on('SIGINT', () => stop.abort())
  let rounds = 0
  let broken: string[] = []
  const rows = new Map<string, Row>()
  await drill({
    plan,
    signal: stop.signal,
    onRound({ name }, row, done) {
      rounds = done
      rows.set(name, row)
      process.stderr.write(
        process.stderr.isTTY
          ? `\r\x1b[K${done} of ${plan.length}: ${name}, ${Math.round(row.slowest)} ms`
          : done % 100 === 0
            ? `${done} of ${plan.length} rounds\n`
            : '',
      )
    },
  }).catch((error: Error) => {
    // What was done until then is worth its table.
    if (rounds === 0) throw error
    broken = [error.message]
  })
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  const table = [...rows.values()]
  const failures = [...failuresOf(table), ...broken]
  const seconds = Math.round((performance.now() - started) / 1000)
  if (values.json) console.log(JSON.stringify({ seconds, rows: table, failures }))
  else console.log([format(table), '', ...failures, `${rounds} rounds in ${seconds} s`].join('\n'))
  return failures.length > 0 ? 1 : 0
}

function format(rows: readonly Row[]): string {
  const n = (value: number) => Math.round(value).toLocaleString('en')
  const head = [
    'fault',
    'times',
    'acknowledged',
    'durable',
    'lost: redis',
    'postgres',
    'browser',
    'drift',
    'slowest ms',
  ]
  const cells = rows.map(({ fault, times, acknowledged, durable, lost, drift, slowest }) => [
    fault,
    ...[times, acknowledged, durable, lost.redis, lost.postgres, lost.browser, drift.length, slowest].map(n),
  ])
  return formatTable(
    [head, ...cells],
    head.map((_, column) => column).filter(column => column > 0),
  )
}

process.exitCode = await main().catch(error => {
  console.error(error instanceof Error ? error.message : error)
  return 2
})
