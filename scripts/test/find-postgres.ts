import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findProgram } from '@onecount/dev-stack/process'

const PROGRAMS = ['initdb', 'postgres']
const POSTGRES_OLDEST = 14
/** Where Debian keeps its versions, then where Homebrew does on Apple silicon and on Intel. */
const POSTGRES_HOMES = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt']

/**
 * The folder with `initdb` and `postgres`: the newest versioned one, else the one on PATH.
 *
 * @param homes folders that hold one folder per version, called `15` or `postgresql@15`
 */
export function findPostgresBin(homes: readonly string[] = POSTGRES_HOMES): string | undefined {
  const versioned = homes
    .flatMap(home =>
      listFolder(home).map(name => ({ home, name, version: /^(?:postgresql@)?(\d+)$/.exec(name)?.[1] })),
    )
    .filter(found => Number(found.version) >= POSTGRES_OLDEST)
    .sort((a, b) => Number(b.version) - Number(a.version))
    .map(found => join(found.home, found.name, 'bin'))
  const onPath = findProgram(['initdb'])
  return [...versioned, ...(onPath ? [dirname(onPath)] : [])].find(bin =>
    PROGRAMS.every(program => existsSync(join(bin, program))),
  )
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
