import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { PACKAGE } from './packed'

/** A program that runs JavaScript, and what comes before the file. */
export interface Runtime {
  name: string
  program: string
  args: string[]
}

interface Fetched {
  /** Of npm, with the program in it; nothing else is tested on. */
  name: string
  spec: string
  path: string
  args: string[]
}

const CACHE = join(PACKAGE, '../../node_modules/.cache/onecount-runtimes')
const FETCHED: Fetched[] = [
  { name: 'bun', spec: '@oven/bun-linux-x64@1.4.5', path: '@oven/bun-linux-x64/bin/bun', args: ['run'] },
  {
    name: 'deno',
    spec: '@deno/linux-x64-glibc@2.9.6',
    path: '@deno/linux-x64-glibc/deno',
    args: ['run', '--allow-all', '--no-prompt'],
  },
]

/** This Node, and Bun and Deno where they are. */
export async function findRuntimes(): Promise<Runtime[]> {
  const runtimes: Runtime[] = [{ name: 'node', program: process.execPath, args: [] }]
  // One after the other, as they are fetched into one folder.
  for (const fetched of FETCHED) {
    const runtime = await find(fetched)
    if (runtime) runtimes.push(runtime)
  }
  return runtimes
}

/**
 * The one on the PATH, else one that was fetched before. In CI it is fetched, as 200 MB are too much for the dependencies
 * of everybody. Null: there is none for this machine.
 */
async function find({ name, spec, path, args }: Fetched): Promise<Runtime | null> {
  const fetched = join(CACHE, 'node_modules', path)
  const onPath = (process.env.PATH ?? '').split(delimiter).map(folder => join(folder, name))
  const program = [...onPath, fetched].find(isProgram)
  if (program) return { name, program, args }
  if (!process.env.CI || process.platform !== 'linux' || process.arch !== 'x64') return null
  const install = ['install', '--prefix', CACHE, '--no-package-lock', '--ignore-scripts', spec]
  await promisify(execFile)('npm', install, { timeout: 60_000 })
  return { name, program: fetched, args }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
