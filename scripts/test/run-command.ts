import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Nothing that runs here reports home, asks a question or waits for input. */
const QUIET = { NEXT_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', LITE_TELEMETRY: '0' }

let running: ChildProcess | undefined

/**
 * Runs a tool of the project (`node_modules/.bin/<tool>`) in its root with live output.
 *
 * @returns the exit code; 128 + the signal's number when a signal ended it, 127 when it could not start
 */
export function runTool(
  tool: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<number> {
  console.log(`$ ${[tool, ...args].join(' ')}`)
  return new Promise(done => {
    const child = spawn(resolve(root, 'node_modules/.bin', tool), args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...QUIET, ...env },
    })
    running = child
    child.on('error', error => {
      console.error(`${tool} could not start: ${error.message}`)
      done(127)
    })
    child.on('close', (code, signal) => {
      running = undefined
      done(code ?? 128 + (signal ? constants.signals[signal] : 0))
    })
  })
}

/** Ends with the tool that is running when the whole run is ended. */
export function stopOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const exit = () => process.exit(128 + constants.signals[signal])
      if (!running) return exit()
      running.on('close', exit)
      running.kill(signal)
    })
  }
}
