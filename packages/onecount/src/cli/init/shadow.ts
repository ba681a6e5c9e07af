import type { Kind } from '../../core/kind'
import { withTimeout } from '../../core/with-timeout'
import { kindNames } from '../../postgres/kind-names'
import { openSql } from '../connect'
import { isInShadowMode } from '../doctor/triggers'
import { postgresFailure } from '../unreachable'

const PATIENCE_MS = 15_000

/**
 * The kinds whose code of before still counts: the newest migration says so of them, or the database has them in shadow
 * mode. A migration without it would end it, and count twice. @throws Unreachable
 */
export async function findShadowed(
  kinds: Kind[],
  newest: string | undefined,
  databaseUrl: string | undefined,
): Promise<Kind[]> {
  const possible = kinds.filter(({ isDefault, target }) => !isDefault && target.count !== null)
  const noted = possible.filter(({ name }) => isNoted(newest ?? '', name))
  if (!databaseUrl || noted.length === possible.length) return noted
  const sql = (await openSql(databaseUrl, 1))()
  const look = async () => {
    const found: Kind[] = []
    for (const kind of possible)
      if (noted.includes(kind) || (await isInShadowMode(sql, kindNames(kind)))) found.push(kind)
    return found
  }
  try {
    return await withTimeout(look(), PATIENCE_MS, () => {
      throw new Error(`no answer within ${PATIENCE_MS} ms`)
    })
  } catch (error) {
    throw postgresFailure(error, { redisUrl: '', databaseUrl })
  } finally {
    await sql.end({ timeout: 0 })
  }
}

/** Whether the header of the kind says it: lines of comment that begin with its version and end with an empty line. */
function isNoted(migration: string, kind: string): boolean {
  const headers = migration.match(/^-- onecount \S+, kind .*\n(?:--.*\n)*/gm) ?? []
  return headers.some(text => text.includes(`, kind ${kind}: `) && text.includes('Shadow mode'))
}

export const noteOnShadow = (kinds: Kind[], guide: string): string[] =>
  kinds.length === 0
    ? []
    : [
        `${kinds.map(({ name }) => name).join(', ')}: shadow mode, and the migration keeps it; end it with \`npx onecount migration\`, step 8 of ${guide}`,
      ]
