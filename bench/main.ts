import { parseArgs } from 'node:util'
import { billed } from './billed'
import { cold } from './cold'
import { drain } from './drain'
import { endToEnd } from './end-to-end'
import { existing } from './existing'
import { http } from './http'
import { instances } from './instances'
import { like } from './like'
import { live } from './live'
import { memory } from './memory'
import { plans } from './plans'
import { postgres } from './postgres'
import { read } from './read'
import { rename } from './rename'
import { size } from './size'
import { web } from './web'

const HELP = `Measures the engine on stores that it starts itself, on this machine.

  npm run bench -- MEASURE [options]

  like             likes per second through the engine beside the bare script, and the time of one like
  end-to-end       likes per second until Postgres holds them, beside other ways; likes lost when processes are killed
  http             likes per second through serve beside a bare server, and through Next beside a trivial route
  read             pages of 30 posts per second beside the bare commands
  size             time of a like, a read, a hydration and a removal by the number of the post's likers
  memory           bytes in Redis of a like, a session and an op, by kind of key
  instances        1 to 40 engines on one backlog: time, script calls, idle calls; how long a like waits for Postgres
  live             how long a like takes to other people's pages with 1, 50 and 500 subscribers; messages per like
  drain            how long until Postgres has the backlog of an outage, and the time of a like meanwhile
  billed           commands that Upstash bills for a like, a page, a drain and an idle process
  cold             a new process until it has accepted its first like, as a function that a platform starts
  postgres         likes per second without Redis, beside an upsert and an update as plain statements
  existing         how long migrations and repair take on tables with ratings, and how long a like waits for them
  web              pages of the application with empty caches: first byte, largest paint, layout shift, JavaScript
  plans            how long calls take in Postgres where one post has nearly all ratings and statistics are old
  rename           a target of a mapped kind gets another id: time, locks, and until Redis was told

  --seconds N      like, http, read, postgres, instances, live: of each round, 2
  --rounds N       like, http, read, postgres: of each side, 5; web: of each page, 5; end-to-end, instances, live: 3
  --likes N        end-to-end: of each round, 20000
  --ops N          drain: how many gathered, 200000; billed: 1000
  --ratings N      existing, plans: how many there are; size, rename: of the largest post; 1000000
  --concurrency N  people at once, 50
  --processes      instances: up to 12, each in a process of its own
  --json           one JSON object on stdout
  --help`

interface Flags {
  processes: boolean
}

interface Numbers {
  seconds: number
  rounds: number
  concurrency: number
  likes: number
  ops: number
  ratings: number
}

const MOST: Partial<Numbers> = { likes: 1_000_000, ops: 10_000_000, ratings: 10_000_000 }

type Measure = (
  options: Numbers & Flags,
  say: (line: string) => void,
) => Promise<{ report: object; table: string }>

const MEASURES = new Map<string, Measure>(
  Object.entries({
    like,
    'end-to-end': endToEnd,
    http,
    read,
    size,
    memory,
    instances,
    live,
    drain,
    billed,
    cold,
    postgres,
    existing,
    plans,
    web,
    rename,
  }),
)

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '2' },
      rounds: { type: 'string' },
      likes: { type: 'string', default: '20000' },
      ops: { type: 'string' },
      ratings: { type: 'string', default: '1000000' },
      concurrency: { type: 'string', default: '50' },
      processes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const measure = MEASURES.get(positionals[0] ?? '')
  if (values.help || !measure) {
    console.log(HELP)
    return values.help ? 0 : 2
  }
  const numbers: Numbers = {
    seconds: Number(values.seconds),
    rounds: Number(
      values.rounds ?? (measure === endToEnd || measure === instances || measure === live ? 3 : 5),
    ),
    concurrency: Number(values.concurrency),
    likes: Number(values.likes),
    ops: Number(values.ops ?? (measure === billed ? 1000 : 200_000)),
    ratings: Number(values.ratings),
  }
  for (const [name, value] of Object.entries(numbers)) {
    const most = MOST[name as keyof Numbers] ?? 1000
    if (value > 0 && value <= most) continue
    console.error(`--${name} takes a number from 1 to ${most}`)
    return 2
  }
  const { report, table } = await measure({ ...numbers, processes: values.processes }, line =>
    console.error(line),
  )
  console.log(values.json ? JSON.stringify(report, null, 2) : table)
  return 0
}

// What was started ends with it, also after Ctrl-C.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code))

main().then(
  code => process.exit(code),
  error => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  },
)
