import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onFreePort, PortInUse, saysPortInUse } from '@onecount/dev-stack/free-port'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { type Program, run, until } from '@onecount/dev-stack/process'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Enough to see what went wrong. */
const KEPT_OUTPUT = 100_000

/** The production server of the application, as a process that tests may treat badly. */
export interface AppProcess {
  readonly url: string
  /** `kill -9`, as when the machine goes. Resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGTERM, as a deployment does: the server may finish what it has begun. */
  stop(): Promise<void>
  /** Starts it again at the same address, after ending it with SIGTERM if it still runs. Resolves when it answers. */
  restart(): Promise<void>
  /** What it has printed since it was first started. */
  output(): string
}

/**
 * Starts `next start` on the production build at a free port and waits until it answers.
 *
 * @param env added to this process's environment
 * @throws Error with the server's last words when it ends or does not answer
 */
export async function startAppProcess(env: Record<string, string>): Promise<AppProcess> {
  if (!existsSync(resolve(root, '.next/BUILD_ID')))
    throw new Error('There is no production build: npm run build')
  let output = ''
  let server: Program | undefined

  const start = async (port: number) => {
    const url = `http://127.0.0.1:${port}`
    const next = resolve(root, 'node_modules/next/dist/bin/next')
    const started = run(
      process.execPath,
      [next, 'start', '--hostname', '127.0.0.1', '--port', String(port)],
      {
        cwd: root,
        env: { ...process.env, ...env },
      },
    )
    for (const stream of [started.child.stdout, started.child.stderr]) {
      stream?.on('data', chunk => {
        output = (output + chunk).slice(-KEPT_OUTPUT)
      })
    }
    server = killOnExit(started)
    const answers = async () => (await fetch(`${url}/api/health`)).status > 0
    await until('The application', started, answers).catch(error => {
      throw saysPortInUse(started.lastWords()) ? new PortInUse(String(error.message)) : error
    })
    return port
  }

  const port = await onFreePort(0, start)
  return {
    url: `http://127.0.0.1:${port}`,
    kill: async () => server?.kill(),
    stop: async () => server?.stop(),
    restart: async () => {
      await server?.stop()
      await start(port)
    },
    output: () => output,
  }
}
