import type { Kind } from '../../core/kind'
import { kindNames } from '../../postgres/kind-names'
import { hasShadowMode } from '../doctor/triggers'
import { lookInto } from './look'

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
  return lookInto(databaseUrl, async sql => {
    const found: Kind[] = []
    for (const kind of possible)
      if (noted.includes(kind) || (await hasShadowMode(sql, kindNames(kind)))) found.push(kind)
    return found
  })
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
