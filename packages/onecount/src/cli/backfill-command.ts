import { type BackfillOptions, type BackfillReport, backfillAll, emptyReport } from './backfill'
import { formatReport } from './backfill-report'
import { readKinds } from './config'
import { connect } from './connect'
import { describeFailure, type Failure } from './failure'
import { unlessStopped } from './interrupt'
import type { Command } from './main'
import { parseOptions } from './parse-options'
import { STORE_OPTIONS, STORE_OPTIONS_HELP, type StoreSettings, storeSettings, UsageError } from './settings'

const HELP = `Repairs counts and ops in Postgres that cannot be right, moves every like count and every liked set to Redis, then
compares the two post by post.

  npx onecount backfill [options]

  --dry-run        reads only: says what it would repair and how much there is to move
  --page-size N    posts a page, 500
  --json           one JSON object on stdout instead of a table; of several kinds one for each, by name. That of a
                   kind that failed has the error, and what was done until then
${STORE_OPTIONS_HELP}
  --help

Reads REDIS_URL, and DATABASE_URL or SUPABASE_URL with SUPABASE_SECRET_KEY, from the environment, .env.local or .env,
or, where none of them names another store, from the local stack that runs. Without --kind it does so for every kind of
the configuration, one after the other, and ends with the first that fails. It can be stopped with Ctrl-C and run again at any time, also while people like
posts. Counts that Redis has are left as they are, but for posts that were repaired; who likes what is made what
Postgres has (post:likes, post:liked, session:likes).

Exit code: 0 Redis matches Postgres, 1 some posts differ, 2 it could not be done, 130 stopped.`

const MOST_PAGE = 5000

export const backfill: Command = {
  summary: 'bring what was there before into Redis, and compare',
  async run(args) {
    const values = parse(args)
    if (values.help) {
      console.log(HELP)
      return 0
    }
    const pageSize = Number(values['page-size'])
    if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > MOST_PAGE)
      throw new UsageError(
        `--page-size ${values['page-size']} is no page size: use a whole number from 1 to ${MOST_PAGE}`,
      )
    const kinds = await readKinds(values)
    const settings = storeSettings(values)
    const reports: Record<string, Outcome> = {}
    const stop = new AbortController()
    const interrupt = () => {
      console.error('\nstopping after this page; run the same command again to go on')
      stop.abort()
    }
    process.once('SIGINT', interrupt)
    try {
      for (const kind of kinds) {
        const options = { dryRun: values['dry-run'], pageSize, signal: stop.signal }
        const outcome = stop.signal.aborted ? null : await backfillKind({ ...settings, kind }, options)
        if (!outcome) break
        reports[kind.name] = outcome
        if (outcome.error !== undefined)
          console.error(kinds.length > 1 ? `${kind.name}: ${outcome.error}` : outcome.error)
        if (!isDone(outcome)) break
        if (values.json) continue
        if (kinds.length > 1) console.log(`${kind.name}\n`)
        console.log(formatReport(outcome) + (kind === kinds.at(-1) ? '' : '\n'))
      }
    } finally {
      process.off('SIGINT', interrupt)
    }
    const all = Object.values(reports)
    if (values.json)
      console.log(JSON.stringify(kinds.length === 1 ? (all[0] ?? { stopped: true }) : reports, null, 2))
    if (all.some(({ error }) => error !== undefined)) return FAILED
    return all.length < kinds.length ? STOPPED : Math.max(...all.filter(isDone).map(exitCode))
  },
}

/** @throws UsageError */
const parse = (args: string[]) =>
  parseOptions({
    args,
    options: {
      'dry-run': { type: 'boolean', default: false },
      'page-size': { type: 'string', default: '500' },
      json: { type: 'boolean', default: false },
      ...STORE_OPTIONS,
      help: { type: 'boolean', default: false },
    },
  }).values

/** What became of one kind: with `error` what was done until it failed, nothing where a store could not be opened. */
type Outcome = (BackfillReport & { error?: undefined }) | (Partial<BackfillReport> & Failure)

const isDone = (outcome: Outcome): outcome is BackfillReport & { error?: undefined } =>
  outcome.error === undefined

/** Null: stopped before anything was done. */
async function backfillKind(settings: StoreSettings, options: BackfillOptions): Promise<Outcome | null> {
  const log = { warn: (line: string) => console.error(line) }
  let report: BackfillReport | undefined
  try {
    const stores = await unlessStopped(connect(settings, { log }), options.signal)
    try {
      report = emptyReport(options.dryRun)
      await backfillAll(stores, options, report)
      return report
    } finally {
      await stores.close()
    }
  } catch (error) {
    if (options.signal.aborted && !report) return null
    return { ...report, ...describeFailure(error, 'backfill') }
  }
}

const FAILED = 2
const STOPPED = 130

const exitCode = ({ stopped, mismatches }: BackfillReport): number =>
  stopped ? STOPPED : mismatches > 0 ? 1 : 0
