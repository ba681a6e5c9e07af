import { parseArgs } from 'node:util'
import type { Health } from '../core/health'
import { createOnecount } from '../core/onecount'
import { kindSettings } from './config'
import { assertAnswers, layoutOf, openPostgres, openSql, type PostgresStore } from './connect'
import { type Finding, fail, ok, skipped, warn } from './doctor/check'
import { judgePartitions } from './doctor/log'
import { checkPostgres } from './doctor/postgres'
import { checkRedis } from './doctor/redis'
import { checkCluster } from './doctor/redis-cluster'
import { checkSettings } from './doctor/settings'
import { checkBefore } from './doctor/version-before'
import type { Command } from './main'
import { openRedis, type RedisStore } from './open-redis'
import {
  mergedEnv,
  STORE_OPTIONS,
  STORE_OPTIONS_HELP,
  type StoreOptions,
  type StoreSettings,
} from './settings'
import { formatTable } from './table'
import { postgresUnreachable, Unreachable } from './unreachable'

const HELP = `Looks at settings, Redis and Postgres, and says of each thing that is not right how to mend it. Changes nothing.

  npx onecount doctor [options]

  --json           one JSON object on stdout
${STORE_OPTIONS_HELP}
  --help

What the database looks like inside can be read with DATABASE_URL only, not through the REST address of a project.
Exit code: 0 nothing failed, 1 something failed, also where a store does not answer, 2 an unknown option.`

/** Pending for longer than this, milliseconds: nobody drains, or Postgres does not answer. */
const OLD_MS = 60_000
/** More than this is not told to Redis within a moment. */
const MANY_UNSEEN = 1000
/** The count of refused ops ends here. */
const MAX_COUNTED = 1000
/** Deadline of one look, milliseconds. */
const PATIENCE_MS = 10_000

export const doctor: Command = {
  summary: 'check settings and stores',
  async run(args) {
    const { values } = parseArgs({
      args,
      options: { json: { type: 'boolean' }, ...STORE_OPTIONS, help: { type: 'boolean' } },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    const findings = [...checkSettings(mergedEnv()), ...(await checkStores(values))]
    const failed = findings.filter(({ verdict }) => verdict === 'fail').length
    if (values.json) console.log(JSON.stringify({ failed, findings }))
    else console.log(format(findings))
    return failed > 0 ? 1 : 0
  },
}

async function checkStores(values: StoreOptions): Promise<Finding[]> {
  let settings: StoreSettings
  try {
    settings = await kindSettings(values)
  } catch (error) {
    return [unusable('stores', error)]
  }
  const redis = await lookAt(
    'Redis',
    () => openRedis(settings, PATIENCE_MS),
    store => lookAtRedis(store, settings),
  )
  const postgres = await lookAt(
    'Postgres',
    () => openPostgres(settings, PATIENCE_MS),
    store => lookInside(settings, store),
  )
  try {
    const backlog = postgres.store ? await checkBacklog(settings, redis.store, postgres.store) : []
    return [...redis.findings, ...postgres.findings, ...backlog]
  } finally {
    redis.store?.client.disconnect()
    await postgres.store?.end()
  }
}

async function lookAtRedis(
  { client, cluster }: RedisStore,
  { partitions }: StoreSettings,
): Promise<Finding[]> {
  // The version before used keys of many slots in one script: it never ran on a cluster.
  if (cluster) return checkCluster(cluster, partitions)
  return [...(await checkRedis(client)), await checkBefore(client, partitions)]
}

/** Each store by itself: one that is away does not hide the other. */
async function lookAt<T>(
  check: string,
  open: () => Promise<T>,
  look: (store: T) => Promise<Finding[]>,
): Promise<{ store: T | null; findings: Finding[] }> {
  let store: T | null = null
  try {
    store = await open()
    return { store, findings: await look(store) }
  } catch (error) {
    return { store, findings: [unusable(check, error)] }
  }
}

function unusable(check: string, error: unknown): Finding {
  if (error instanceof Unreachable) return fail(check, error.found, error.mend)
  const [found, ...mend] = (error instanceof Error ? error.message : String(error)).split(': ')
  return fail(check, found!, mend.join(': ') || 'see .env.example')
}

async function lookInside(settings: StoreSettings, store: PostgresStore): Promise<Finding[]> {
  const { kind } = settings
  const isMapped = kind !== undefined && !kind.isDefault
  if (isMapped || !settings.databaseUrl) {
    await assertAnswers(store.port, settings)
    const found = isMapped ? notInsideOf(kind.name) : NOT_INSIDE
    return [found, judgePartitions(await store.partitions(), settings.partitions)]
  }
  const sql = (await openSql(settings.databaseUrl, 1))()
  try {
    await sql`select 1`.catch(error => {
      throw postgresUnreachable(error, settings)
    })
    return await checkPostgres(sql, settings.partitions)
  } finally {
    await sql.end({ timeout: 2 })
  }
}

const NOT_INSIDE = skipped(
  'Postgres',
  'answers; tables, grants and triggers cannot be read through REST',
  'set DATABASE_URL to the direct address of the database and run this again',
)

/** The checks of what is inside know the names of the default kind alone. */
const notInsideOf = (kind: string) =>
  skipped(
    'Postgres',
    `answers; tables, grants and triggers of the kind ${kind} are not looked at`,
    `npx onecount repair --kind ${kind} --dry-run says whether its rows are sound`,
  )

async function checkBacklog(
  settings: StoreSettings,
  redis: RedisStore | null,
  { port }: PostgresStore,
): Promise<Finding[]> {
  const onecount = createOnecount({
    redis: redis?.port ?? null,
    redisId: settings.redisId,
    postgres: port,
    ...layoutOf(settings),
  })
  const health = await onecount.health()
  return [judgeBacklog(health), judgeRefused(health), ...(redis ? [judgeOwner(health)] : [])]
}

function judgeRefused({ refused }: Health): Finding {
  if (refused === null) return skipped('refused ops', 'unknown', 'fix what failed above first')
  return refused === 0
    ? ok('refused ops', 'none')
    : warn(
        'refused ops',
        `${refused >= MAX_COUNTED ? `${MAX_COUNTED} or more` : refused} set aside`,
        'see npx onecount refused: remove the cause and --retry them, or --drop them',
      )
}

function judgeOwner({ paused, postgres }: Health): Finding {
  if (postgres === 'down') return skipped('owner', 'unknown', 'fix what failed above first')
  return paused === 'foreign'
    ? fail(
        'owner',
        'Postgres belongs to another Redis than this one',
        'correct REDIS_URL or SUPABASE_URL; to give Postgres to this Redis: npx onecount takeover',
      )
    : ok('owner', 'Postgres belongs to this Redis, or to none yet')
}

function judgeBacklog({ pending, oldestPendingMs, unseen }: Health): Finding {
  const of = (value: number | null, name: string) => `${value ?? 'unknown'} ${name}`
  const found = `${of(pending, 'pending')}, ${of(unseen, 'unseen')}, oldest ${of(oldestPendingMs, 'ms')}`
  if (pending === null && unseen === null) return skipped('backlog', 'unknown', 'fix what failed above first')
  if ((oldestPendingMs ?? 0) > OLD_MS)
    return warn(
      'backlog',
      found,
      'see that an application or npx onecount worker runs, and that Postgres answers',
    )
  return (unseen ?? 0) > MANY_UNSEEN
    ? warn('backlog', found, 'Redis was away, or rows were edited in bulk; it shrinks while somebody drains')
    : ok('backlog', found)
}

function format(findings: readonly Finding[]): string {
  const table = formatTable(findings.map(({ verdict, check, found }) => [verdict, check, found]))
  const advice = findings.filter(({ mend }) => mend).map(({ check, mend }) => `${check}: ${mend}`)
  return [table, ...(advice.length > 0 ? ['', ...advice] : [])].join('\n')
}
