import { once } from 'node:events'
import { join } from 'node:path'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { END_WITH_PARENT, type Program, run } from '@onecount/dev-stack/process'
import type { Load, Said, SideArguments } from './side-process'
import type { SideName, Stores } from './sides'

const ROOT = join(import.meta.dirname, '../..')
const ONECOUNT = join(ROOT, 'packages/onecount/bin/onecount.mjs')
/** How often the worker beside looks for work, milliseconds. */
const EVERY_MS = 25

/** A process that presses likes. */
export interface SideProcess {
  program: Program
  /** Presses a load; resolves once Postgres holds it. */
  press(load: Load): Promise<{ pressedSeconds: number; seconds: number }>
  /** Presses a load, and kills the process when half of it was answered. */
  killInTheMiddleOf(load: Load, others: readonly Program[]): Promise<void>
}

export async function startSide(args: SideArguments): Promise<SideProcess> {
  const program = await startScript('side-process.ts', args)
  const next = () => said(program)
  return {
    program,
    async press(load) {
      program.child.send(load)
      const done = await next()
      if (typeof done === 'string') throw new Error(`${args.side} said ${done}`)
      return done
    },
    async killInTheMiddleOf(load, others) {
      program.child.send(load)
      if ((await next()) !== 'half') throw new Error(`${args.side} was at its end too soon`)
      await Promise.all([program, ...others].map(({ kill }) => kill()))
    },
  }
}

/** The process that writes to Postgres for a side, where it is another one. */
export async function startWriter(side: SideName, stores: Stores): Promise<Program | null> {
  if (side === 'bullmq') return startScript('bullmq-process.ts', stores)
  if (side === 'beside') return startOnecount(stores, 'worker', '--every', String(EVERY_MS))
  return null
}

/** The command of the package. It ends with this process. */
export function startOnecount({ redisUrl, databaseUrl }: Stores, ...args: string[]): Program {
  return killOnExit(
    run(process.execPath, [...END_WITH_PARENT, ONECOUNT, ...args], {
      cwd: ROOT,
      env: { ...process.env, REDIS_URL: redisUrl, DATABASE_URL: databaseUrl },
    }),
  )
}

/** Waits until it says that it is ready. */
async function startScript(file: string, args: object): Promise<Program> {
  const path = join(import.meta.dirname, file)
  const program = killOnExit(
    run(process.execPath, ['--import', 'tsx', path, JSON.stringify(args)], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    }),
  )
  if ((await said(program)) !== 'ready') throw new Error(`${file} is not ready`)
  return program
}

/** The next that a process says. @throws when it ends instead */
async function said({ child, exited, lastWords }: Program): Promise<Said> {
  const ended = exited.then(() => {
    throw new Error(`a process has ended: ${lastWords()}`)
  })
  const [words] = await Promise.race([once(child, 'message'), ended])
  return words as Said
}
