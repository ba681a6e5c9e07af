import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { buildPackage } from '../build'
import { type Address, manifestFields, publicAddress } from './address'

const PACKAGE = resolve(import.meta.dirname, '../..')
const REPOSITORY = resolve(PACKAGE, '../..')

export const run = promisify(execFile)

/** The address that everybody reaches, of the workflow that runs this or of git. */
export async function findAddress(env: Record<string, string | undefined>): Promise<Address | null> {
  const origin = await run('git', ['remote', 'get-url', 'origin'], { cwd: REPOSITORY }).catch(() => null)
  return publicAddress(env, origin?.stdout ?? null)
}

/**
 * Puts what is published into a folder of its own: the files that `npm pack` takes, and a package.json that names the
 * address. The package's own package.json is not touched, as other programs read it meanwhile.
 */
export async function stage<T>(address: Address | null, use: (folder: string) => Promise<T>): Promise<T> {
  await buildPackage()
  const folder = await mkdtemp(join(tmpdir(), 'onecount-release-'))
  try {
    const packing = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
    const { stdout } = await run('npm', packing, { cwd: PACKAGE })
    const [{ filename }] = JSON.parse(stdout)
    const staged = join(folder, 'package')
    await mkdir(staged)
    await run('tar', ['-xzf', join(folder, filename), '-C', staged, '--strip-components=1'])
    const manifest = join(staged, 'package.json')
    // Scripts and tools are those of the repository, which is not published.
    const { scripts, devDependencies, ...published } = JSON.parse(await readFile(manifest, 'utf8'))
    const fields = address && manifestFields(address, relative(REPOSITORY, PACKAGE))
    await writeFile(manifest, `${JSON.stringify({ ...published, ...fields }, null, 2)}\n`)
    return await use(staged)
  } finally {
    await rm(folder, { recursive: true })
  }
}
