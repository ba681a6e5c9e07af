import cluster, { type Worker } from 'node:cluster'
import { FailedElsewhere, type Failure } from '../failure'
import type { ServeLog } from './log'

/** By when a process has to have ended, with its last answers and its last drain; milliseconds. */
const STOP_MS = 15_000
/** Pause before another process takes the place of one that has ended; doubled for each, up to the second. */
const RESTART_MS = 100
const MOST_RESTART_MS = 5000

/** What a process tells the one that started it. */
export type Told = { listening: string; metricsUrl: string | null } | { failed: Failure }

/** Which of the processes this is, for the one that started it to say. */
const NUMBER = 'ONECOUNT_SERVE_PROCESS'

/** From 0; undefined in a process that was not started by another one. */
export const processNumber = (): number | undefined =>
  cluster.isWorker && process.env[NUMBER] ? Number(process.env[NUMBER]) : undefined

/**
 * Runs `count` processes that share one port, and starts another in place of one that ends. Answers the exit code: 0 when
 * it was asked to stop and all ended in order, 1 when one had to be killed. Once all have listened, a process that
 * cannot start is tried again. @throws FailedElsewhere when they cannot begin
 */
export async function serveTogether(count: number, log: ServeLog, asked: Promise<void>): Promise<number> {
  const running = new Set<Worker>()
  const metricsUrls: string[] = []
  /** Numbers of those that have listened once: all of them have, or it has not begun. */
  const listened = new Set<number>()
  let ended = 0
  let isStopping = false
  let isOver: (code: number) => void
  let hasFailed: (error: FailedElsewhere) => void
  const over = new Promise<number>((resolve, reject) => {
    isOver = resolve
    hasFailed = reject
  })

  function start(number: number): void {
    const worker = cluster.fork({ [NUMBER]: String(number) })
    /** Why it could not begin. */
    let failure: Failure | undefined
    running.add(worker)
    worker.on('message', (told: Told) => {
      if ('failed' in told) {
        failure = told.failed
        // What a replacement reads may be wrong by now (.env is being edited): the others have what they need.
        if (listened.size < count) fail(failure)
        return
      }
      if (told.metricsUrl) metricsUrls[number] = told.metricsUrl
      if (listened.has(number)) return
      listened.add(number)
      if (listened.size < count) return
      log.info(`listening on ${told.listening}, ${count} processes`)
      if (metricsUrls.length > 0) log.info(`metrics at ${metricsUrls.join(', ')}`)
    })
    worker.on('exit', (code, signal) => {
      running.delete(worker)
      if (isStopping) return
      ended++
      const pause = Math.min(RESTART_MS * 2 ** Math.min(ended - 1, 10), MOST_RESTART_MS)
      log.warn(
        failure
          ? `a process could not start (${failure.error}): it is tried again in ${pause} ms`
          : `a process ended (${signal ?? `code ${code}`}): another one starts`,
      )
      setTimeout(() => isStopping || start(number), pause)
    })
  }

  /** At the beginning a wrong setting is the same for all: it is said once. */
  function fail(failure: Failure): void {
    if (isStopping) return
    isStopping = true
    for (const { process } of running) process.kill('SIGKILL')
    hasFailed(new FailedElsewhere(failure))
  }

  async function stop(): Promise<void> {
    if (isStopping) return
    isStopping = true
    const exits = [...running].map(worker => new Promise<number>(resolve => worker.once('exit', resolve)))
    for (const { process } of running) process.kill('SIGTERM')
    const late = setTimeout(() => {
      for (const { process } of running) process.kill('SIGKILL')
    }, STOP_MS)
    const codes = await Promise.all(exits)
    clearTimeout(late)
    isOver(codes.every(code => code === 0) ? 0 : 1)
  }

  for (let number = 0; number < count; number++) start(number)
  void asked.then(stop)
  return over
}
