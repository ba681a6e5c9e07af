import { join, resolve } from 'node:path'
import { PortInUse, saysPortInUse } from '@onecount/dev-stack/free-port'
import { END_WITH_PARENT, type Program, run, until } from '@onecount/dev-stack/process'

const ROOT = resolve(import.meta.dirname, '..')
/** It compiles what it starts with: long on a busy machine. */
const START_MS = 90_000
/** Next says so once it listens. */
const LISTENS = /Ready in/

interface NextOptions {
  mode: 'dev' | 'start'
  port: number
  /** The address that it listens on. */
  address: string
  env: Record<string, string>
  /** Told of the program as soon as it runs. */
  started(next: Program): void
}

/**
 * Starts Next and waits until it listens. What it prints goes to our output, also when it ends early, but not when its
 * port was in use: another one is tried then.
 *
 * @throws PortInUse when the port is in use
 */
export async function startNext({ mode, port, address, env, started }: NextOptions): Promise<Program> {
  const next = run(
    process.execPath,
    [
      ...END_WITH_PARENT,
      ...[join(ROOT, 'node_modules/next/dist/bin/next'), mode, '--port', String(port), '--hostname', address],
    ],
    {
      cwd: ROOT,
      env: { ...process.env, ...env, NEXT_TELEMETRY_DISABLED: '1', PORT: String(port) },
      // A group of its own: Ctrl-C reaches it through us, after the last request.
      detached: true,
    },
  )
  started(next)
  let held = ''
  const hold = (chunk: Buffer) => {
    held += chunk
  }
  const streams = [next.child.stdout, next.child.stderr]
  for (const stream of streams) stream?.on('data', hold)
  const release = () => {
    for (const stream of streams) stream?.off('data', hold)
    process.stdout.write(held)
    next.child.stdout?.pipe(process.stdout)
    next.child.stderr?.pipe(process.stderr)
  }
  try {
    await until('Next', next, async () => LISTENS.test(held), START_MS)
  } catch (error) {
    if (saysPortInUse(held)) throw new PortInUse(`port ${port} is in use`)
    release()
    throw error
  }
  release()
  return next
}
