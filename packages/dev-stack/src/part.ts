import { holdPort } from './services/free-port'
import type { Running } from './services/process'

/** A store that runs here. It can go away and come back while the application runs. */
export interface Part {
  /** What commands call it. */
  id: string
  name: string
  isRunning(): boolean
  /** Starts it again where it was, if it is not running. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Ends it at once, and what it held is gone. Absent: it has no data of its own that it may lose. */
  lose?(): Promise<void>
  /** It was lost, and has not been started since. */
  isLost(): boolean
}

interface PartOptions {
  id: string
  name: string
  /** Kept for it while it does not run: another stack would find the port free, and take it. */
  port: number
  /** The program that runs already. */
  running: Running
  /** Starts another one in its place: same address, same keys, same data. `release` lets the port go. */
  restart(release: () => Promise<void>): Promise<Running>
  /** Removes what it has kept, while it does not run. */
  forget?(): Promise<void>
  /** Told when it has ended and was not asked to. */
  ended(code: number | null): void
}

export function createPart(options: PartOptions): Part {
  const { id, name, port, running: first, restart, forget, ended } = options
  let running: Running | null = null
  let release = async () => {}
  let isLost = false
  /** Start and stop wait for each other. */
  let last: Promise<void> = Promise.resolve()
  const afterLast = (step: () => Promise<void>) => {
    const done = last.then(step)
    last = done.catch(() => {})
    return done
  }

  function follow(program: Running): void {
    running = program
    program.exited.then(code => {
      if (running !== program) return
      running = null
      ended(code)
      afterLast(keepPort)
    })
  }
  follow(first)

  async function keepPort(): Promise<void> {
    await release()
    release = await holdPort(port)
  }

  async function begin(): Promise<Running> {
    try {
      return await restart(() => release())
    } catch (error) {
      await keepPort()
      throw error
    }
  }

  return {
    id,
    name,
    isRunning: () => running !== null,
    start: () =>
      afterLast(async () => {
        if (!running) follow(await begin())
        isLost = false
      }),
    stop: () =>
      afterLast(async () => {
        const program = running
        running = null
        await program?.stop()
        if (program) await keepPort()
      }),
    isLost: () => isLost,
    ...(forget && {
      lose: () =>
        afterLast(async () => {
          const program = running
          running = null
          await program?.kill()
          if (program) await keepPort()
          await forget()
          isLost = true
        }),
    }),
  }
}
