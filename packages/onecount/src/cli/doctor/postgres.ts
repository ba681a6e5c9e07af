import type { Sql } from 'postgres'
import { DEFAULT_KIND, type Kind } from '../../core/kind'
import { kindNames } from '../../postgres/kind-names'
import { codeOf } from '../unreachable'
import { checkGrants, checkPublication, checkRowSecurity, checkServiceRole } from './access'
import { checkBroadcasts } from './broadcasts'
import { attempt, checkClock, checkDistance, type Finding, fail, ok } from './check'
import { checkConstraints, checkWidth } from './constraints'
import { checkCounts, checkOps } from './data'
import { checkFunctions, checkMapping } from './functions'
import { checkIndexes, checkKeys } from './indexes'
import { checkLog, checkPartitions } from './log'
import { type Made, madeFor } from './made'
import { checkRemoved } from './removed'
import { checkRequired } from './required'
import { checkSearchPath } from './search-path'
import { checkTables } from './tables'
import { checkForeignTriggers, checkPersonTriggers, checkTriggers, hasShadowMode } from './triggers'

const OLDEST = 140_000

const OF_SERVER: [name: string, look: (sql: Sql) => Promise<Finding>][] = [
  ['Postgres version', checkVersion],
  ['Postgres clock', sql => checkClock('Postgres clock', () => clockOf(sql))],
  ['Postgres distance', sql => checkDistance('Postgres distance', () => sql`select 1`, SLOW_MS, NEARER)],
]

const OF_KIND: [name: string, look: (sql: Sql, made: Made, partitions?: number) => Promise<Finding>][] = [
  ['mapping', checkMapping],
  ['tables', checkTables],
  ['required columns', checkRequired],
  ['rows marked as deleted', checkRemoved],
  ['functions', checkFunctions],
  ['search path', checkSearchPath],
  ['triggers', checkTriggers],
  ['indexes', checkIndexes],
  ['unique keys', checkKeys],
  ['other triggers', checkForeignTriggers],
  ['triggers that ask who is signed in', checkPersonTriggers],
  ['row level security', checkRowSecurity],
  ['grants', checkGrants],
  ['service role', checkServiceRole],
  ['publication', checkPublication],
  ['broadcasts', checkBroadcasts],
  ['constraints', checkConstraints],
  ['counts', checkCounts],
  ['ops', checkOps],
  ['width of likes', checkWidth],
  ['partitions', checkPartitions],
  ['log', checkLog],
]

/** The server, whatever is in it. */
export async function checkServer(sql: Sql): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [name, look] of OF_SERVER)
    findings.push(
      await attempt(
        name,
        error => fixOf(error, ''),
        () => look(sql),
      ),
    )
  return findings
}

/** What the SQL of a kind has made, who may use it, and what else is there that could count twice. */
export async function checkKind(
  sql: Sql,
  kind: Kind = DEFAULT_KIND,
  partitions?: number,
): Promise<Finding[]> {
  // Where this cannot be read each of the checks says why.
  const made = madeFor(kind, await hasShadowMode(sql, kindNames(kind)).catch(() => undefined))
  const findings: Finding[] = []
  for (const [name, look] of OF_KIND)
    findings.push(
      await attempt(
        name,
        error => fixOf(error, made.apply),
        () => look(sql, made, partitions),
      ),
    )
  return findings
}

const MISSING = ['3F000', '42P01', '42703', '42883']
const FORBIDDEN = '42501'

function fixOf(error: unknown, apply: string): string {
  const code = codeOf(error)
  if (MISSING.includes(code)) return apply
  return code === FORBIDDEN
    ? 'run this as the owner of the tables or the service role'
    : 'see that Postgres answers, and run this again'
}

async function clockOf(sql: Sql): Promise<number> {
  const [row] = await sql`select extract(epoch from clock_timestamp()) * 1000 as now`
  return Number(row!.now)
}

async function checkVersion(sql: Sql): Promise<Finding> {
  const [row] = await sql`select current_setting('server_version_num')::integer as number, version() as text`
  const found = String(row!.text).split(' ').slice(0, 2).join(' ')
  return row!.number >= OLDEST
    ? ok('Postgres version', found)
    : fail('Postgres version', found, 'use 14 or newer')
}

const SLOW_MS = 10
const NEARER = 'run the drain in the region of its database: a batch is one round trip'
