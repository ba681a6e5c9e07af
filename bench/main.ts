import { parseArgs } from 'node:util'
import { like } from './like'

const HELP = `Measures the engine on stores that it starts itself, on this machine.

  npm run bench -- like [options]

  like             likes per second through the engine beside the bare script, and the time of one like

  --seconds N      of each round, 2
  --rounds N       of each side, 5
  --concurrency N  likes under way at once, 50
  --json           one JSON object on stdout
  --help`

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '5' },
      concurrency: { type: 'string', default: '50' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help || positionals[0] !== 'like') {
    console.log(HELP)
    return values.help ? 0 : 2
  }
  const numbers = {
    seconds: Number(values.seconds),
    rounds: Number(values.rounds),
    concurrency: Number(values.concurrency),
  }
  for (const [name, value] of Object.entries(numbers)) {
    if (value > 0 && value <= 1000) continue
    console.error(`--${name} takes a number from 1 to 1000`)
    return 2
  }
  const { report, table } = await like(numbers, line => console.error(line))
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
