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

/** This Node, those of `ONECOUNT_NODE_BINARIES` (paths, separated by commas), and Bun and Deno where they are. */
export async function findRuntimes(): Promise<Runtime[]> {
  const runtimes: Runtime[] = [{ name: 'node', program: process.execPath, args: [] }]
  const named = (process.env.ONECOUNT_NODE_BINARIES ?? '').split(',').filter(path => path !== '')
  runtimes.push(...(await Promise.all(named.map(readNode))))
  // One after the other, as they are fetched into one folder.
  for (const fetched of FETCHED) {
    const runtime = await find(fetched)
    if (runtime) runtimes.push(runtime)
  }
  return runtimes
}

/** @throws Error for a path that is no Node: a version that was asked for and not tested would pass unnoticed */
async function readNode(program: string): Promise<Runtime> {
  const { stdout } = await promisify(execFile)(program, ['--version']).catch(cause => {
    throw new Error(`ONECOUNT_NODE_BINARIES: ${program} does not run: name the paths of Node`, { cause })
  })
  return { name: `node ${stdout.trim()}`, program, args: [] }
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
