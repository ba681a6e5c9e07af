import { execFile } from 'node:child_process'
import { cp, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@onecount/dev-stack/free-port'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { type Program, run, until } from '@onecount/dev-stack/process'
import { REPOSITORY } from '../../packages/onecount/test/package/packed'
import type { Instruction } from './adoption-doc'
import { installOffline } from './offline-install'

const EXAMPLE = join(REPOSITORY, 'examples/articles')
const COMMAND_MS = 300_000

/** A developer's copy of `examples/articles`, before onecount, and the shell that they work in. */
export async function copyExample(settings: Record<string, string>) {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'onecount-adoption-')))
  await cp(EXAMPLE, root, { recursive: true, filter: path => !/\/(node_modules|\.next)$/.test(path) })
  await writeFile(join(root, '.env.local'), toEnv(settings))
  const env = {
    PATH: process.env.PATH,
    HOME: root,
    DATABASE_URL: settings.DATABASE_URL,
    NEXT_TELEMETRY_DISABLED: '1',
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
  } as unknown as NodeJS.ProcessEnv
  let server: Program | undefined

  /** @throws Error with all that it printed */
  async function shell(command: string): Promise<string> {
    try {
      const { stdout } = await promisify(execFile)('bash', ['-c', command], {
        cwd: root,
        env,
        timeout: COMMAND_MS,
        maxBuffer: 2 ** 24,
      })
      return stdout
    } catch (error) {
      const {
        stdout = '',
        stderr = '',
        message,
      } = error as { stdout?: string; stderr?: string; message: string }
      throw new Error(`${command}: ${message}\n${stdout}\n${stderr}`)
    }
  }

  async function apply(patch: string): Promise<void> {
    await writeFile(join(root, 'adopt.patch'), patch)
    await shell('git apply adopt.patch && rm adopt.patch')
  }

  return {
    root,
    shell,

    /** Does one thing that the document says; answers what it printed. */
    async follow(instruction: Instruction): Promise<string> {
      if ('patch' in instruction) await apply(instruction.patch)
      else if (!instruction.command.startsWith('npm install ')) return shell(instruction.command)
      else await installOffline(root, instruction.command.split(' ').slice(2))
      return ''
    },

    /** `npm start`; answers the address. */
    async start(): Promise<string> {
      const port = String(await freePort())
      const next = join(root, 'node_modules/next/dist/bin/next')
      const args = [next, 'start', '--hostname', '127.0.0.1', '--port', port]
      server = killOnExit(run(process.execPath, args, { cwd: root, env }))
      const url = `http://127.0.0.1:${port}`
      await until('The application', server, async () => (await fetch(`${url}/api/health`)).status === 200)
      return url
    },

    async remove(): Promise<void> {
      await server?.stop()
      await rm(root, { recursive: true, force: true })
    },
  }
}

export type Adopting = Awaited<ReturnType<typeof copyExample>>

const toEnv = (settings: Record<string, string>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
