import type { Cli } from './cli'

/** `npx onecount serve` on a free port, which ends with the test. */
export interface Serving {
  url: string
  /** Where the whole server is, without the base path. */
  origin: string
  pid: number
  output: { out: string; err: string }
  kill(signal: NodeJS.Signals): void
  ended: Promise<{ code: number | null; out: string; err: string }>
}

/** Starts it, and waits until it listens. */
export async function startServe(
  cli: Cli,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<Serving> {
  // So long that a busy machine does not look like a Redis that hangs.
  const { child, output, ended } = cli.start(['serve', '--port', '0', ...args], {
    ONECOUNT_REDIS_DEADLINE_MS: '20000',
    ...env,
  })
  const listening = /listening on (http:\/\/[^\s",]+)/
  const said = new Promise<void>(resolve =>
    child.stdout.on('data', () => listening.test(output.out) && resolve()),
  )
  const early = ended.then(({ code, err }) => {
    throw new Error(`serve ended with ${code}: ${err}`)
  })
  await Promise.race([said, early])
  early.catch(() => {})
  const url = listening.exec(output.out)![1]!
  return {
    url,
    origin: new URL(url).origin,
    pid: child.pid!,
    output,
    kill: signal => void child.kill(signal),
    ended,
  }
}

/** Starts servers, each of which ends with its test: `forAllTests(() => serving(cli))`. */
export async function serving(cli: Cli) {
  const servers: Serving[] = []
  return {
    async serve(args?: string[], env?: Record<string, string>): Promise<Serving> {
      const server = await startServe(cli, args, env)
      servers.push(server)
      return server
    },
    end: () => endAll(servers.splice(0)),
    stop() {},
  }
}

/** Ends all that were started, and waits for them. */
export async function endAll(servers: Serving[]): Promise<void> {
  for (const { kill } of servers) kill('SIGKILL')
  await Promise.all(servers.map(({ ended }) => ended))
}

export const cookieIn = (response: Response): string => response.headers.getSetCookie()[0]!.split(';')[0]!
