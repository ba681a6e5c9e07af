import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { pack, REPOSITORY } from '../../packages/onecount/test/package/packed'

const MODULES = join(REPOSITORY, 'node_modules')

interface Manifest {
  name: string
  version: string
  bin?: string | Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

/**
 * What `npm install <packages>` does in an application: with onecount as it would be published, and all else as this
 * repository has it installed. No registry is asked, and nothing outside of the folder is left to be found.
 */
export async function installOffline(folder: string, packages: readonly string[]): Promise<void> {
  const modules = join(folder, 'node_modules')
  const own = join(modules, 'onecount')
  await mkdir(own, { recursive: true })
  const { path } = await pack(folder)
  await promisify(execFile)('tar', ['-xzf', path, '-C', own, '--strip-components=1'])
  await rm(path)
  const { dependencies, devDependencies } = await addToManifest(folder, packages)
  const wanted = { ...dependencies, ...devDependencies, ...(await readManifest(own)).dependencies }
  const folders = new Set<string>()
  for (const name of Object.keys(wanted)) if (name !== 'onecount') await collect(name, MODULES, folders)
  // A module inside of another one comes with it.
  const names = [...folders]
    .map(path => relative(MODULES, path))
    .filter(path => !path.includes('node_modules'))
  for (const name of names) await linkTree(join(MODULES, name), join(modules, name))
  for (const name of ['onecount', ...names]) await linkPrograms(modules, name)
}

const readManifest = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))

/** As npm notes what it was asked for. */
async function addToManifest(folder: string, packages: readonly string[]): Promise<Manifest> {
  const manifest = await readManifest(folder)
  for (const name of packages) {
    const { version } = await readManifest(join(MODULES, name))
    manifest.dependencies = { ...manifest.dependencies, [name]: `^${version}` }
  }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return manifest
}

/** Adds the folder of a module, as it is found from `from`, and those of all that it needs. */
async function collect(name: string, from: string, folders: Set<string>): Promise<void> {
  const folder = findModule(name, from)
  // One that is not there is for another platform.
  if (!folder || folders.has(folder)) return
  folders.add(folder)
  const { dependencies, optionalDependencies } = await readManifest(folder)
  for (const needed of Object.keys({ ...dependencies, ...optionalDependencies }))
    await collect(needed, folder, folders)
}

function findModule(name: string, from: string): string | undefined {
  for (let folder = from; folder.startsWith(MODULES); folder = dirname(folder)) {
    const path = folder === MODULES ? join(MODULES, name) : join(folder, 'node_modules', name)
    if (existsSync(join(path, 'package.json'))) return path
  }
  return undefined
}

/** The same files under a second name: bundlers follow no symbolic link out of the application. */
async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await linkTree(source, target)
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
    // On another file system there are no links to these.
    else await link(source, target).catch(() => copyFile(source, target))
  }
}

async function linkPrograms(modules: string, name: string): Promise<void> {
  const { bin = {} } = await readManifest(join(modules, name))
  const programs = typeof bin === 'string' ? { [name.replace(/^.*\//, '')]: bin } : bin
  await mkdir(join(modules, '.bin'), { recursive: true })
  for (const [program, path] of Object.entries(programs))
    await symlink(join('..', name, path), join(modules, '.bin', program)).catch(error => {
      if (error.code !== 'EEXIST') throw error
    })
}
