import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { outputOf } from './output-of'

const PACKAGE = join(import.meta.dirname, '../..')
const BIN = join(PACKAGE, 'bin/onecount.mjs')
const TYPESCRIPT = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))

const LAYOUT = 'export default function Layout({ children }) { return children }\n'

export interface ApplicationFiles {
  /** Dependencies of package.json, beside Next. */
  dependencies?: string[]
  nextVersion?: string
  files?: Record<string, string>
}

/** The folder of a Next.js application, as `npx onecount` finds it. Nothing in it runs. */
export async function createApplication({
  dependencies = ['postgres', 'typescript'],
  nextVersion = '16.4.5',
  files = { 'app/layout.tsx': LAYOUT, 'tsconfig.json': '{}' },
}: ApplicationFiles = {}) {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'onecount-init-')))
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  const names = ['next', ...dependencies]
  await write('package.json', JSON.stringify({ dependencies: Object.fromEntries(names.map(n => [n, '*'])) }))
  await write('node_modules/next/package.json', JSON.stringify({ name: 'next', version: nextVersion }))
  await symlink(PACKAGE, join(root, 'node_modules/onecount'))
  await symlink(TYPESCRIPT, join(root, 'node_modules/typescript'))
  for (const [path, text] of Object.entries(files)) await write(path, text)

  const read = (path: string) => readFile(join(root, path), 'utf8')

  /** Paths of all files, without the modules. */
  async function list(): Promise<string[]> {
    const entries = await readdir(root, { recursive: true, withFileTypes: true })
    return entries
      .filter(entry => !entry.isDirectory() && !entry.parentPath.includes('node_modules'))
      .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
      .filter(path => !path.startsWith('node_modules'))
      .sort()
  }

  return {
    root,
    write,
    read,
    list,
    permissions: async (path: string) => (await stat(join(root, path))).mode & 0o777,

    /** Every file with its text, to be compared with a later snapshot. */
    async snapshot(): Promise<Record<string, string>> {
      return Object.fromEntries(
        await Promise.all((await list()).map(async path => [path, await read(path)] as const)),
      )
    },

    migrations: async () => (await list()).filter(path => path.endsWith('_onecount.sql')),

    /** Runs `npx onecount init`, without the settings of this process and without a terminal. */
    init(args: string[], env: Record<string, string> = {}) {
      const child = spawn(process.execPath, [BIN, 'init', ...args], {
        cwd: root,
        env: { NODE_ENV: 'test', PATH: process.env.PATH, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const output = outputOf(child)
      return new Promise<{ code: number | null; out: string; err: string }>(resolve =>
        child.on('close', code => resolve({ code, ...output })),
      )
    },

    remove: () => rm(root, { recursive: true }),
  }
}

export type TestApplication = Awaited<ReturnType<typeof createApplication>>
