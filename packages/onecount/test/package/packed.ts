import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

export const PACKAGE = join(import.meta.dirname, '../..')
export const REPOSITORY = join(PACKAGE, '../..')
const MODULES = join(REPOSITORY, 'node_modules')

/** All that the package can use beside its own dependencies. */
export const PEERS = [
  '@supabase/supabase-js',
  '@tanstack/react-query',
  '@upstash/redis',
  'ioredis',
  'jose',
  'next',
  'postgres',
  'prom-client',
  'react',
  'react-dom',
  'svelte',
  'vitest',
  'vue',
]
const TYPES = ['@types/node', '@types/react', '@types/react-dom']

export interface Tarball {
  path: string
  /** Paths inside of the package. */
  files: string[]
  bytes: number
}

/** What `npm publish` would send. The scripts that build it have run before all tests. */
export async function pack(folder: string): Promise<Tarball> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const { stdout } = await promisify(execFile)('npm', args, { cwd: PACKAGE })
  const [packed] = JSON.parse(stdout)
  const files = packed.files.map(({ path }: { path: string }) => path)
  return { path: join(folder, packed.filename), files, bytes: packed.size }
}

/** An application in a folder of its own, with the packed package and these modules installed, and no registry asked. */
export async function installPacked(modules: string[] = [...PEERS, ...TYPES]) {
  const app = await unpackInto(join(tmpdir(), 'onecount-package-'))
  const { dependencies } = JSON.parse(await readFile(join(app.installed, 'package.json'), 'utf8'))
  for (const name of [...Object.keys(dependencies), ...modules]) {
    const target = join(app.root, 'node_modules', name)
    await mkdir(dirname(target), { recursive: true })
    await symlink(join(MODULES, name), target)
  }
  return app
}

/**
 * An application below the repository, with the packed package installed and everything else found above it: for
 * bundlers that follow no link out of their root.
 */
export const installInRepository = () => unpackInto(join(REPOSITORY, '.packed-'))

async function unpackInto(prefix: string) {
  const root = await realpath(await mkdtemp(prefix))
  const installed = join(root, 'node_modules/onecount')
  await mkdir(installed, { recursive: true })
  const { path } = await pack(root)
  await promisify(execFile)('tar', ['-xzf', path, '-C', installed, '--strip-components=1'])
  await writeFile(join(root, 'package.json'), '{ "type": "module" }')
  return {
    root,
    installed,
    async write(name: string, text: string) {
      await mkdir(dirname(join(root, name)), { recursive: true })
      await writeFile(join(root, name), text)
    },
    remove: () => rm(root, { recursive: true }),
  }
}

export type Installed = Awaited<ReturnType<typeof installPacked>>

export interface Ended {
  code: number
  out: string
  err: string
}

/** Runs a program to its end, without the settings of this process. */
export async function runIn(cwd: string, program: string, args: string[], timeout = 60_000): Promise<Ended> {
  const env = {
    PATH: process.env.PATH,
    HOME: cwd,
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
  } as const
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { cwd, env, timeout })
    return { code: 0, out: stdout, err: stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, out: stdout, err: stderr }
  }
}

/** The paths that are exported, as a program imports them: `onecount`, `onecount/react`, … */
export async function subpaths(): Promise<string[]> {
  const { exports } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'))
  return Object.keys(exports)
    .filter(path => path !== './package.json')
    .map(path => path.replace('.', 'onecount'))
}
