import { parseArgs } from 'node:util'
import { connect } from '../packages/onecount/src/cli/connect'
import {
  MissingSetting,
  STORE_OPTIONS,
  STORE_OPTIONS_HELP,
  storeSettings,
} from '../packages/onecount/src/cli/settings'
import { type MigrationReport, migrate } from './migrate/migrate'
import { formatReport } from './migrate/report'

const HELP = `Repairs counts and ops in Postgres that cannot be right, moves every like count and every liked set to Redis, then
compares the two post by post.

  npx tsx scripts/migrate-counters-to-redis.ts [options]

  --dry-run        reads only: says what it would repair and how much there is to move
  --page-size N    posts a page, 500
  --json           one JSON object on stdout instead of a table
${STORE_OPTIONS_HELP}
  --help

Reads REDIS_URL, and DATABASE_URL or SUPABASE_URL with SUPABASE_SECRET_KEY, from the environment, .env.local or .env,
or, where none of them names another store, from the local stack that runs. It can be stopped with Ctrl-C and run again
at any time, also while people like posts. Counts that Redis has are left as they are, but for posts that were repaired;
who likes what is made what Postgres has (post:likes, post:liked, session:likes).

Exit code: 0 Redis matches Postgres, 1 some posts differ, 2 it could not be done, 130 stopped.`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'dry-run': { type: 'boolean', default: false },
      'page-size': { type: 'string', default: '500' },
      json: { type: 'boolean', default: false },
      ...STORE_OPTIONS,
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const pageSize = Number(values['page-size'])
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 5000) {
    throw new MissingSetting(
      `--page-size ${values['page-size']} is no page size: use a whole number from 1 to 5000`,
    )
  }
  const stores = await connect(storeSettings(values), { log: { warn: line => console.error(line) } })
  const stop = new AbortController()
  process.once('SIGINT', () => {
    console.error('\nstopping after this page; run the same command again to go on')
    stop.abort()
  })
  try {
    const report = await migrate(stores, { dryRun: values['dry-run'], pageSize, signal: stop.signal })
    console.log(values.json ? JSON.stringify(report, null, 2) : formatReport(report))
    return exitCode(report)
  } finally {
    await stores.close()
  }
}

const exitCode = (report: MigrationReport): number => (report.stopped ? 130 : report.mismatches > 0 ? 1 : 0)

main().then(
  code => process.exit(code),
  error => {
    const isUsage = error instanceof TypeError && 'code' in error
    console.error(`${error instanceof Error ? error.message : error}${isUsage ? `\n\n${HELP}` : ''}`)
    process.exit(2)
  },
)
