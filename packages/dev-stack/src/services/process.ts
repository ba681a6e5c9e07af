import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program of the stack that runs beside us. */
export interface Running {
  pid: number
  /** Asks it to end and waits; kills it when it does not within `graceMs`. */
  stop(graceMs?: number): Promise<void>
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>
  /** Resolves when it has ended, by itself or by a signal. */
  exited: Promise<number | null>
  child: ChildProcess
}

/** A program with its output. */
export interface Program extends Running {
  /** The end of what it has printed. */
  lastWords(): string
  /** Resolves when all that it has printed was read, or soon after its end where its children hold the output. */
  closed: Promise<void>
}

/** Arguments of Node that make a program end soon after the process that started it has ended. */
export const END_WITH_PARENT = ['--import', join(import.meta.dirname, '../end-with-parent.mjs')]

/** How long children of a program that has ended are waited for. */
const CLOSE_MS = 500

/** Starts a program. Its last words are kept for the error that `until` makes of an early end. */
export function run(command: string, args: string[], options: SpawnOptions = {}): Program {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let words = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', chunk => {
      words = (words + chunk).slice(-4000)
    })
  }
  const exited = new Promise<number | null>(resolve => {
    child.once('exit', code => resolve(code))
    child.once('error', error => {
      words += error.message
      resolve(null)
    })
  })
  const closed = new Promise<void>(resolve => {
    child.once('close', () => resolve())
    exited.then(() => setTimeout(resolve, CLOSE_MS).unref())
  })
  /** A program with a group of its own is signalled with all that it has started. */
  const send = (signal: NodeJS.Signals) => {
    if (!options.detached || !child.pid) return child.kill(signal)
    try {
      return process.kill(-child.pid, signal)
    } catch {
      return false
    }
  }
  const end = async (signal: NodeJS.Signals, graceMs: number) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    send(signal)
    const timer = setTimeout(() => send('SIGKILL'), graceMs)
    await exited
    clearTimeout(timer)
    if (options.detached) send('SIGKILL')
  }
  return {
    pid: child.pid ?? -1,
    child,
    exited,
    closed,
    stop: (graceMs = 10_000) => end('SIGTERM', graceMs),
    kill: () => end('SIGKILL', 10_000),
    lastWords: () => words.trim(),
  }
}

/** Waits until `ready` answers true. @throws when the program ends first or the time is up */
export async function until(
  what: string,
  program: Running & Pick<Program, 'lastWords'> & Partial<Program>,
  ready: () => Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const end = Date.now() + timeoutMs
  let ended = false
  program.exited.then(() => {
    ended = true
  })
  for (;;) {
    const isReady = await ready().catch(() => false)
    // Also where it seems ready: another program may answer in its place.
    if (ended) {
      await program.closed
      throw new Error(`${what} ended at once: ${program.lastWords()}`)
    }
    if (isReady) return
    if (Date.now() > end) {
      await program.kill()
      throw new Error(`${what} did not answer within ${timeoutMs / 1000} s: ${program.lastWords()}`)
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** The first of the programs that is on PATH. */
export function findProgram(names: string[]): string | undefined {
  const places = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  for (const name of names) {
    for (const place of places) {
      const file = join(place, name)
      try {
        accessSync(file, constants.X_OK)
        return file
      } catch {}
    }
  }
  return undefined
}
