import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { PortInUse, saysPortInUse } from '@onecount/dev-stack/free-port'
import { END_WITH_PARENT, type Program, run, until } from '@onecount/dev-stack/process'

const ROOT = resolve(import.meta.dirname, '..')
/** It compiles what it starts with: long on a busy machine. */
const START_MS = 90_000
/** Next says so once it listens. */
const LISTENS = /Ready in/
/** It marks an option that `next.config.ts` switches off as it marks an error. */
const NO_TROUBLE = /^- Experiments \(use with caution\):$|^ *⨯ reactDebugChannel$/

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
  let isHeld = true
  const say = (stream: NodeJS.WritableStream) => (line: string) => {
    if (NO_TROUBLE.test(stripVTControlCharacters(line))) return
    if (isHeld) held += `${line}\n`
    else stream.write(`${line}\n`)
  }
  createInterface({ input: next.child.stdout! }).on('line', say(process.stdout))
  createInterface({ input: next.child.stderr! }).on('line', say(process.stderr))
  const release = () => {
    isHeld = false
    process.stdout.write(held)
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
