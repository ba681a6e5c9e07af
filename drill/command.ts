import { formatTable } from '../packages/onecount/src/cli/table'
import { drill, type Row } from './drill'
import { type Options, readOptions } from './options'
import { failuresOf } from './verdict'

const HELP = `Usage: npm run drill [-- options]

Starts the stores, the application and a worker as processes of this machine, lets people press hearts over HTTP, and
breaks something every second or two: kills with -9, restores an older Redis, promotes a replica that lags, and does to
the connections of people, application and worker what networks do. After each it waits until all is drained, and
compares the acknowledged presses with the stores.

  --cluster    on a Redis Cluster of six servers, with six partitions, in place of one Redis: a primary is killed, or
               hangs until its replica is promoted, a replica is killed, the slot of a partition moves; instead of the
               faults of a single Redis and of the connections to it
  --functions  the application as functions of a platform that stops them between requests, with Redis over REST and a
               scheduler in place of the worker: one is frozen right after its answer until its next request, frozen in
               the middle of its drain and thawed after others have drained, or killed right after its answer
  --kills N    of each kind (200)
  --links N    rounds of each fault of each connection (20)
  --short      each once
  --only TEXT  faults whose name contains TEXT
  --json       one JSON object on stdout
  --help       this text

Ctrl-C ends it after the round that is under way, with the table of what was done.

Lost: acknowledged, and not in Postgres afterwards, by what was promised: ack redis, ack postgres, and ack redis with a
browser that keeps its presses. Worker ended: by itself, and was started again; it may where Postgres is killed. Exit
code: 0 as promised, 1 not, 2 wrong usage.
`

async function main(): Promise<number> {
  let options: Options | null
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`)
    return 2
  }
  if (!options) {
    console.log(HELP)
    return 0
  }
  const { plan, startStore, people, json } = options
  const started = performance.now()
  const stop = new AbortController()
  // The process that started this one may send the signal twice.
  process.on('SIGINT', () => stop.abort())
  // What was started ends with this process, where it ends by `exit`.
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1))
  let rounds = 0
  const broken: string[] = []
  const rows = new Map<string, Row>()
  await drill({
    plan,
    startStore,
    people,
    signal: stop.signal,
    onRound({ name }, row, done) {
      rounds = done
      rows.set(name, row)
      process.stderr.write(
        process.stderr.isTTY
          ? `\r\x1b[K${done} of ${plan.length}: ${name}, ${Math.round(row.slowest)} ms`
          : done === 1 || done % 100 === 0
            ? `${done} of ${plan.length} rounds\n`
            : '',
      )
    },
    // What was done until then is worth its table.
  }).catch((error: Error) => broken.push(error.message))
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  const table = [...rows.values()]
  const failures = [...failuresOf(table), ...broken]
  if (rounds === 0 && broken.length === 0) failures.push('ended before the first round')
  const seconds = Math.round((performance.now() - started) / 1000)
  if (json) console.log(JSON.stringify({ seconds, rows: table, failures }))
  else {
    if (rounds > 0) console.log(`${format(table)}\n`)
    console.log([...failures, `${rounds} rounds in ${seconds} s`].join('\n'))
  }
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
    'worker ended',
    'slowest ms',
  ]
  const cells = rows.map(({ fault, times, acknowledged, durable, lost, drift, workerEnds, slowest }) => [
    fault,
    ...[
      times,
      acknowledged,
      durable,
      lost.redis,
      lost.postgres,
      lost.browser,
      drift.length,
      workerEnds.length,
      slowest,
    ].map(n),
  ])
  return formatTable(
    [head, ...cells],
    head.map((_, column) => column).filter(column => column > 0),
  )
}

process.exitCode = await main()
