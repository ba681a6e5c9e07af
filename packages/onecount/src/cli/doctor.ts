import { parseArgs } from 'node:util'
import postgres from 'postgres'
import { connect } from './connect'
import { type Finding, ok, skipped, warn } from './doctor/check'
import { checkPostgres } from './doctor/postgres'
import { checkRedis } from './doctor/redis'
import { checkSettings } from './doctor/settings'
import type { Command } from './main'
import { mergedEnv, readSettings } from './settings'
import { formatTable } from './table'

const HELP = `Looks at settings, Redis and Postgres, and says of each thing that is not right how to mend it. Changes nothing.

  npx onecount doctor [options]

  --json   one JSON object on stdout
  --help

What the database looks like inside can be read with DATABASE_URL only, not through the REST address of a project.
Exit code: 0 nothing failed, 1 something failed, 2 it could not look.`

/** Pending for longer than this, milliseconds: nobody drains, or Postgres does not answer. */
const OLD_MS = 60_000

export const doctor: Command = {
  summary: 'check settings and stores',
  async run(args) {
    const { values } = parseArgs({ args, options: { json: { type: 'boolean' }, help: { type: 'boolean' } } })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    const settings = readSettings()
    const { onecount, redis, close } = await connect(settings)
    try {
      const findings = [
        ...checkSettings(mergedEnv()),
        ...(await checkRedis(redis)),
        ...(settings.databaseUrl ? await lookInside(settings.databaseUrl) : [NOT_INSIDE]),
        checkBacklog(await onecount.health()),
      ]
      const failed = findings.filter(({ verdict }) => verdict === 'fail').length
      if (values.json) console.log(JSON.stringify({ failed, findings }))
      else console.log(format(findings))
      return failed > 0 ? 1 : 0
    } finally {
      await close()
    }
  },
}

const NOT_INSIDE = skipped(
  'Postgres',
  'answers; tables, grants and triggers cannot be read through REST',
  'set DATABASE_URL to the direct address of the database and run this again',
)

async function lookInside(databaseUrl: string): Promise<Finding[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice() {}, prepare: false })
  try {
    return await checkPostgres(sql)
  } finally {
    await sql.end({ timeout: 2 })
  }
}

function checkBacklog({
  pending,
  oldestPendingMs,
  unseen,
}: {
  pending: number | null
  oldestPendingMs: number | null
  unseen: number | null
}): Finding {
  const found = `${pending} pending, ${unseen} unseen, oldest ${oldestPendingMs} ms`
  return (oldestPendingMs ?? 0) <= OLD_MS
    ? ok('backlog', found)
    : warn('backlog', found, 'see that an application or npx onecount worker runs, and that Postgres answers')
}

function format(findings: readonly Finding[]): string {
  const table = formatTable(findings.map(({ verdict, check, found }) => [verdict, check, found]))
  const advice = findings.filter(({ mend }) => mend).map(({ check, mend }) => `${check}: ${mend}`)
  return [table, ...(advice.length > 0 ? ['', ...advice] : [])].join('\n')
}
