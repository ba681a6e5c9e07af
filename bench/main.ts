import { parseArgs } from 'node:util'
import { drain } from './drain'
import { existing } from './existing'
import { like } from './like'
import { memory } from './memory'
import { plans } from './plans'
import { postgres } from './postgres'
import { read } from './read'
import { size } from './size'

const HELP = `Measures the engine on stores that it starts itself, on this machine.

  npm run bench -- MEASURE [options]

  like             likes per second through the engine beside the bare script, and the time of one like
  read             pages of 30 posts per second beside the bare commands
  size             time of a like, a read, a hydration and a removal by the number of the post's likers
  memory           bytes in Redis of a like, a session and an op, by kind of key
  drain            how long until Postgres has what gathered while it was away, and the time of a like meanwhile
  postgres         likes per second without Redis, beside an upsert and an update as plain statements
  existing         how long migrations and repair take on tables with ratings, and how long a like waits for them
  plans            how long calls take in Postgres where one post has nearly all ratings and statistics are old

  --seconds N      like, read, postgres: of each round, 2
  --rounds N       like, read, postgres: of each side, 5
  --ops N          drain: how many gathered, 200000
  --ratings N      existing, plans: how many there are; size: of the largest post; 1000000
  --concurrency N  people at once, 50
  --json           one JSON object on stdout
  --help`

interface Numbers {
  seconds: number
  rounds: number
  concurrency: number
  ops: number
  ratings: number
}

type Measure = (numbers: Numbers, say: (line: string) => void) => Promise<{ report: object; table: string }>

const MEASURES = new Map<string, Measure>(
  Object.entries({ like, read, size, memory, drain, postgres, existing, plans }),
)

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '5' },
      ops: { type: 'string', default: '200000' },
      ratings: { type: 'string', default: '1000000' },
      concurrency: { type: 'string', default: '50' },
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
    rounds: Number(values.rounds),
    concurrency: Number(values.concurrency),
    ops: Number(values.ops),
    ratings: Number(values.ratings),
  }
  for (const [name, value] of Object.entries(numbers)) {
    const most = name === 'ops' || name === 'ratings' ? 10_000_000 : 1000
    if (value > 0 && value <= most) continue
    console.error(`--${name} takes a number from 1 to ${most}`)
    return 2
  }
  const { report, table } = await measure(numbers, line => console.error(line))
  console.log(values.json ? JSON.stringify(report, null, 2) : table)
  return 0
}

main().then(
  code => process.exit(code),
  error => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  },
)
