import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const PROGRAMS = ['initdb', 'postgres']
const OLDEST = 14
/** Where Debian keeps its versions, then where Homebrew does on Apple silicon and on Intel. */
const HOMES = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt']

export interface FindPostgresOptions {
  /** Folders that are looked in first; those of PATH. */
  path?: readonly string[]
  /** Folders that hold one folder per version, called `15` or `postgresql@15`. */
  homes?: readonly string[]
}

/**
 * The folder with `initdb` and `postgres`: the first one on PATH that has both, so that PATH chooses a version, else the
 * newest versioned one.
 */
export function findPostgresBin({
  path = (process.env.PATH ?? '').split(delimiter).filter(Boolean),
  homes = HOMES,
}: FindPostgresOptions = {}): string | undefined {
  const versioned = homes
    .flatMap(home =>
      listFolder(home).map(name => ({ home, name, version: /^(?:postgresql@)?(\d+)$/.exec(name)?.[1] })),
    )
    .filter(found => Number(found.version) >= OLDEST)
    .sort((a, b) => Number(b.version) - Number(a.version))
    .map(found => join(found.home, found.name, 'bin'))
  return [...path, ...versioned].find(bin => PROGRAMS.every(program => existsSync(join(bin, program))))
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
