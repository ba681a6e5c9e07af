import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@onecount/dev-stack/free-port'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { type Program, run, until } from '@onecount/dev-stack/process'
import { pack, REPOSITORY } from '../../packages/onecount/test/package/packed'
import { installOffline } from './offline-install'

export const EXAMPLES = join(REPOSITORY, 'examples')
const MODULES = join(EXAMPLES, 'node_modules')
const INSTALL_MS = 300_000
const STOP_MS = 20_000

/**
 * The frameworks of the examples as `examples/package-lock.json` has them, installed once for each lockfile, and
 * onecount as it would be published. What an example needs beside them is found in the modules of the repository.
 */
export async function installExamples(): Promise<void> {
  const lock = createHash('sha256')
    .update(await readFile(join(EXAMPLES, 'package-lock.json')))
    .digest('hex')
  const stamp = join(MODULES, '.installed')
  const installed = existsSync(stamp) ? await readFile(stamp, 'utf8') : ''
  if (installed !== lock) {
    const args = ['ci', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
    await promisify(execFile)('npm', args, { cwd: EXAMPLES, timeout: INSTALL_MS })
    await writeFile(stamp, lock)
  }
  const own = join(MODULES, 'onecount')
  await rm(own, { recursive: true, force: true })
  await mkdir(own, { recursive: true })
  const { path } = await pack(MODULES)
  await promisify(execFile)('tar', ['-xzf', path, '-C', own, '--strip-components=1'])
  await rm(path)
}

/** An example that answers. */
export interface RunningExample {
  url: string
  /** SIGTERM, as a deployment does; answers how the process has ended. */
  stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/**
 * Builds an example, if its framework does that, and starts it as its package.json says.
 *
 * @param env stores and secret
 * @throws Error with the last words of what has failed
 */
export async function startExample(name: string, env: Record<string, string>): Promise<RunningExample> {
  const folder = join(EXAMPLES, name)
  const { scripts, dependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const cwd = dependencies.next ? await copyApart(folder) : folder
  const port = String(await freePort())
  const url = `http://127.0.0.1:${port}`
  const settings = {
    PATH:
      [cwd, EXAMPLES, REPOSITORY].map(root => join(root, 'node_modules/.bin:')).join('') + process.env.PATH,
    HOME: process.env.HOME,
    HOST: '127.0.0.1',
    PORT: port,
    // SvelteKit takes its own for https otherwise.
    ORIGIN: url,
    NODE_ENV: 'production',
    ASTRO_TELEMETRY_DISABLED: '1',
    NEXT_TELEMETRY_DISABLED: '1',
    ...env,
  } as unknown as NodeJS.ProcessEnv
  if (scripts.build)
    await promisify(execFile)('sh', ['-c', scripts.build], { cwd, env: settings, timeout: INSTALL_MS })
  // Without a shell in between, so that the server gets the signals.
  const server: Program = killOnExit(run('sh', ['-c', `exec ${scripts.start}`], { cwd, env: settings }))
  await until(`The example ${name}`, server, async () => (await fetch(url)).status === 200)
  return {
    url,
    async stop() {
      // The timers of a framework may last some seconds.
      await server.stop(STOP_MS)
      if (cwd !== folder) await rm(cwd, { recursive: true })
      const { exitCode, signalCode } = server.child
      return { code: exitCode, signal: signalCode }
    },
  }
}

/** Next.js is one of the repository: with its own React, and none of those beside the other examples. */
async function copyApart(folder: string): Promise<string> {
  const copy = await realpath(await mkdtemp(join(tmpdir(), 'onecount-example-')))
  await cp(folder, copy, { recursive: true, filter: path => !/\/(node_modules|\.next)$/.test(path) })
  await installOffline(copy, [])
  return copy
}
