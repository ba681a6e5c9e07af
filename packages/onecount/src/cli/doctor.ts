import type { Sql } from 'postgres'
import type { Health } from '../core/health'
import type { Kind } from '../core/kind'
import { createOnecount } from '../core/onecount'
import { readKinds } from './config'
import { assertAnswers, openPostgres, openSql, type PostgresStore } from './connect'
import { type Finding, fail, ok, skipped, warn } from './doctor/check'
import { checkForeign } from './doctor/foreign-members'
import { judgePartitions } from './doctor/log'
import { checkKind, checkServer } from './doctor/postgres'
import { checkRedis } from './doctor/redis'
import { checkCluster } from './doctor/redis-cluster'
import { checkSettings } from './doctor/settings'
import { checkBefore } from './doctor/version-before'
import type { Command } from './main'
import { layoutOf } from './open-engines'
import { openRedis, type RedisStore } from './open-redis'
import { parseOptions } from './parse-options'
import {
  mergedEnv,
  STORE_OPTIONS,
  STORE_OPTIONS_HELP,
  type StoreOptions,
  type StoreSettings,
  storeSettings,
  UsageError,
} from './settings'
import { formatTable } from './table'
import { postgresFailure, Unreachable } from './unreachable'

const HELP = `Looks at settings, Redis and Postgres, and says of each thing that is not right how to fix it. Changes nothing.

  npx onecount doctor [options]

  --json           one JSON object on stdout
${STORE_OPTIONS_HELP}
  --help

Looks at every kind of the configuration, or at the one that --kind names. What the database looks like inside can be
read with DATABASE_URL only, not through the REST address of a project.
Exit code: 0 nothing failed, 1 something failed, also where a store does not answer, 2 an option that is unknown or has a
wrong value.`

/** Pending for longer than this, milliseconds: no process drains, or Postgres does not answer. */
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
    const { values } = parseOptions({
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
  let kinds: Kind[]
  try {
    settings = storeSettings(values)
    kinds = await readKinds(values)
  } catch (error) {
    if (error instanceof UsageError) throw error
    return [unusable('stores', error)]
  }
  const redis = await lookAt(
    'Redis',
    () => openRedis(settings, PATIENCE_MS),
    store => lookAtRedis(store, settings, kinds),
  )
  try {
    const findings = [...redis.findings, ...(await lookAtServer(settings))]
    for (const kind of kinds) {
      const found = await lookAtKind({ ...settings, kind }, redis.store)
      findings.push(...(kinds.length > 1 ? found.map(finding => ({ ...finding, kind: kind.name })) : found))
    }
    return findings
  } finally {
    redis.store?.client.disconnect()
  }
}

async function lookAtRedis(
  { client, cluster }: RedisStore,
  { partitions }: StoreSettings,
  kinds: Kind[],
): Promise<Finding[]> {
  // The version before used keys of many slots in one script: it never ran on a cluster.
  if (cluster) return checkCluster(cluster, partitions)
  // Nor did it know of kinds.
  const before = kinds.some(({ isDefault }) => isDefault) ? [await checkBefore(client, partitions)] : []
  return [...(await checkRedis(client, { kinds, partitions })), ...before]
}

/** Nothing where the server does not answer: each of the kinds says so. */
const lookAtServer = async (settings: StoreSettings): Promise<Finding[]> =>
  settings.databaseUrl ? inside(settings, checkServer).catch(() => []) : []

async function lookAtKind(settings: StoreSettings, redis: RedisStore | null): Promise<Finding[]> {
  const postgres = await lookAt(
    'Postgres',
    () => openPostgres(settings, PATIENCE_MS),
    store => lookInside(settings, store),
  )
  try {
    const backlog = postgres.store ? await checkBacklog(settings, redis, postgres.store) : []
    return [...postgres.findings, ...backlog]
  } finally {
    await postgres.store?.end()
  }
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
  if (error instanceof Unreachable) return fail(check, error.found, error.fix)
  const [found, ...fix] = (error instanceof Error ? error.message : String(error)).split(': ')
  return fail(check, found!, fix.join(': ') || 'see .env.example')
}

async function lookInside(settings: StoreSettings, store: PostgresStore): Promise<Finding[]> {
  const { kind, partitions, databaseUrl } = settings
  if (databaseUrl) return await inside(settings, sql => checkKind(sql, kind, partitions))
  await assertAnswers(store.port, settings)
  return [NOT_INSIDE, judgePartitions(await store.partitions(), partitions)]
}

/** What is found over a direct connection. @throws Unreachable */
async function inside(settings: StoreSettings, look: (sql: Sql) => Promise<Finding[]>): Promise<Finding[]> {
  const sql = (await openSql(settings.databaseUrl!, 1))()
  try {
    await sql`select 1`.catch(error => {
      throw postgresFailure(error, settings)
    })
    return await look(sql)
  } finally {
    await sql.end({ timeout: 2 })
  }
}

const NOT_INSIDE = skipped(
  'Postgres',
  'answers; tables, grants and triggers cannot be read through REST',
  'set DATABASE_URL to the direct address of the database and run this again',
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
  const backlog = [judgeBacklog(health), judgeRefused(health)]
  return redis ? [...backlog, judgeOwner(health), ...(await checkForeign(redis, settings))] : backlog
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
    ? warn('backlog', found, 'Redis was away, or rows were edited in bulk; it shrinks while a process drains')
    : ok('backlog', found)
}

function format(findings: readonly Finding[]): string {
  const nameOf = ({ check, kind }: Finding) => (kind === undefined ? check : `${kind}: ${check}`)
  const table = formatTable(findings.map(of => [of.verdict, nameOf(of), of.found]))
  const advice = findings.flatMap(of => (of.fix ? `${nameOf(of)}: ${of.fix}` : []))
  return [table, ...(advice.length > 0 ? ['', ...advice] : [])].join('\n')
}
