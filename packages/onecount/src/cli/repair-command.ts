import { kindSettings } from './config'
import { assertAnswers, openPostgres } from './connect'
import { describeFailure } from './failure'
import { unlessStopped } from './interrupt'
import type { Command } from './main'
import { parseOptions } from './parse-options'
import { createProgress } from './progress'
import { NOTHING, type Repaired, repairAll, repairedRows } from './repair'
import { STORE_OPTIONS, STORE_OPTIONS_HELP, UsageError } from './settings'
import { formatTable } from './table'
import { postgresFailure } from './unreachable'

const HELP = `Repairs rows in Postgres that no engine has written: likes that are missing, negative or less than the rows of
their post, ops that are missing, even, not positive or in the future, ratings without a session.

  npx onecount repair [options]

  --dry-run        says what it would change, and changes nothing
  --page-size N    posts in one transaction, 1000
  --json           one JSON object on stdout
${STORE_OPTIONS_HELP}
  --help

Each page is a short transaction, so people can like meanwhile, and it can be stopped with Ctrl-C and run again. Redis is
told of every post that was repaired by the next drain.
Exit code: 0 nothing is left to repair, 1 a dry run found something, 2 it could not be done, 130 stopped.`

export const repair: Command = {
  summary: 'repair counts and ops that the engine did not write',
  async run(args) {
    const { values } = parseOptions({
      args,
      options: {
        'dry-run': { type: 'boolean', default: false },
        'page-size': { type: 'string', default: '1000' },
        json: { type: 'boolean' },
        ...STORE_OPTIONS,
        help: { type: 'boolean' },
      },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    const pageSize = Number(values['page-size'])
    if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 5000)
      throw new UsageError(`--page-size ${values['page-size']} is not a whole number from 1 to 5000`)
    const dryRun = values['dry-run']
    const settings = await kindSettings(values)
    const store = await openPostgres(settings)
    const stop = new AbortController()
    const interrupt = () => {
      console.error('\nstopping after this page; run the same command again to go on')
      stop.abort()
    }
    process.once('SIGINT', interrupt)
    const progress = createProgress('checking', null)
    const repaired: Repaired = { ...NOTHING }
    let posts = 0
    let failed: unknown
    try {
      await unlessStopped(assertAnswers(store.port, settings), stop.signal)
      await repairAll(
        store.repair,
        {
          dryRun,
          kind: settings.kind,
          pageSize,
          signal: stop.signal,
          onPage(done) {
            if (done.step !== 'posts') return progress.share(done.step, done.share)
            posts = done.posts
            progress.update(posts)
          },
        },
        repaired,
      )
    } catch (error) {
      if (!stop.signal.aborted) failed = error
    } finally {
      progress.clear()
      process.off('SIGINT', interrupt)
      await store.end()
    }
    const stopped = stop.signal.aborted
    const hasBegun = posts > 0 || repairedRows(repaired).length > 0
    if (failed && !hasBegun) throw postgresFailure(failed, settings)
    const failure = failed ? describeFailure(postgresFailure(failed, settings), 'repair') : undefined
    // What was repaired is told, whatever ended the work.
    if (values.json) console.log(JSON.stringify({ dryRun, stopped, posts, repaired, ...failure }))
    else if (hasBegun || !stopped) console.log(format(repaired, dryRun, posts))
    if (failure) {
      console.error(failure.error)
      return 2
    }
    if (stopped) return 130
    return dryRun && repairedRows(repaired).length > 0 ? 1 : 0
  },
}

function format(repaired: Repaired, dryRun: boolean, posts: number): string {
  const rows = repairedRows(repaired)
  const line = `${posts.toLocaleString('en')} posts looked at, ${dryRun ? 'nothing written' : 'what was found is repaired'}`
  return rows.length > 0
    ? `${formatTable(rows, [1])}\n\n${line}`
    : `${posts.toLocaleString('en')} posts looked at, nothing to repair`
}
