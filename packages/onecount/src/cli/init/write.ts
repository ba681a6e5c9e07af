import {
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { codeOf } from '../unreachable'
import type { Planned } from './files'

/**
 * Writes a planned file as a whole or not at all. A file that another process made meanwhile stays; the `.env` files,
 * which get more lines, are replaced.
 * @returns whether the file is there with this text
 */
export function writePlanned(root: string, { path, text, mode }: Planned): boolean {
  const isReplaced = path.startsWith('.env')
  const target = isReplaced ? followLink(join(root, path)) : join(root, path)
  mkdirSync(dirname(target), { recursive: true })
  const draft = `${target}.${process.pid}.tmp`
  try {
    writeFileSync(draft, text, { mode: mode ?? permissionsOf(target) })
    if (isReplaced) renameSync(draft, target)
    else putInPlace(draft, target)
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    return readFileSync(target, 'utf8') === text
  } finally {
    rmSync(draft, { force: true })
  }
}

/** @throws EEXIST */
function putInPlace(draft: string, target: string): void {
  try {
    linkSync(draft, target)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error
    // A file system without hard links.
    copyFileSync(draft, target, constants.COPYFILE_EXCL)
  }
}

const followLink = (path: string): string => (existsSync(path) ? realpathSync(path) : path)
const permissionsOf = (path: string): number => (existsSync(path) ? statSync(path).mode & 0o777 : 0o666)
