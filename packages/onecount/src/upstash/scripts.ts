import { createHash } from 'node:crypto'
import type { ScriptName } from '../core/ports'
import { SCRIPTS } from '../redis/scripts.generated'

/** A script as it is sent, and the name under which the server knows it. */
export interface Script {
  source: string
  sha1: string
  /** Whether it locks its keys alone, and not the whole database. */
  locksKeys: boolean
}

/**
 * Upstash runs a script under a lock of the whole database, unless its first line says that it touches nothing but its
 * KEYS: every script of the engine does not.
 * https://upstash.com/docs/redis/features/key-locking
 */
const SHEBANG = '#!lua flags=allow-key-locking\n'

/** Replies of a server that does not know the flag, to a script that it did not run. */
const UNKNOWN_FLAG = /shebang|unexpected flag|unknown flag|unexpected symbol near '#'/i

export const refusesFlag = (message: string): boolean => UNKNOWN_FLAG.test(message)

const locking = new Map<ScriptName, Script>()

/** The script, with the line that makes it lock its keys alone. */
export function scriptOf(name: ScriptName, { locksKeys }: { locksKeys: boolean }): Script {
  if (!locksKeys) return { ...SCRIPTS[name], locksKeys }
  let script = locking.get(name)
  if (!script) {
    const source = SHEBANG + SCRIPTS[name].source
    script = { source, sha1: createHash('sha1').update(source).digest('hex'), locksKeys }
    locking.set(name, script)
  }
  return script
}
