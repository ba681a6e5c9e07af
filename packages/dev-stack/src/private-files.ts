import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const STICKY_AND_OPEN = 0o1002

/**
 * Makes a folder that its owner alone can enter, also where it was there before with wider modes.
 *
 * @throws Error when the folder cannot be made the user's own
 */
export function privateFolder(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const { mode, uid } = statSync(dir)
  const isShared =
    (mode & STICKY_AND_OPEN) === STICKY_AND_OPEN || (process.getuid !== undefined && uid !== process.getuid())
  if (isShared)
    throw new Error(`${dir} is shared with other users: name a folder of your own, such as ${dir}/onecount`)
  if ((mode & 0o077) !== 0) chmodSync(dir, 0o700)
}

/** Writes a file that its owner alone can read, also where it was there before with wider modes. */
export function writePrivateFile(file: string, content: string): void {
  if (existsSync(file)) chmodSync(file, 0o600)
  writeFileSync(file, content, { mode: 0o600 })
}

/** A secret that is made once and kept in the folder, so that what depends on it outlives a restart. */
export const keptSecret = (dir: string, name: string, prefix = ''): string =>
  kept(dir, name, () => prefix + randomBytes(32).toString('base64url'))

/** The same, of what `make` makes: one line of text. */
export function kept(dir: string, name: string, make: () => string): string {
  privateFolder(dir)
  const file = join(dir, name)
  if (existsSync(file)) {
    chmodSync(file, 0o600)
    const text = readFileSync(file, 'utf8').trim()
    // A start that was killed while it wrote the file leaves it empty.
    if (text) return text
  }
  const made = make()
  writePrivateFile(file, `${made}\n`)
  return made
}
