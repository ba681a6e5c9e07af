import type { Drainer } from '../core/loop'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** Requests that had begun when the process was asked to stop are answered within this as a rule, milliseconds. */
const REQUESTS_MS = 1000

/** An engine, or all engines of a configuration. */
export interface Draining {
  /** What moves its likes to Postgres. */
  drainer: Pick<Drainer, 'start' | 'stop'>
}

/** How the process that drains ends. */
export interface StartDrainOptions {
  /**
   * Closes the connections to the stores. Called where a framework listens to the signals too: it closes its server, and
   * the process ends once nothing is open any more.
   * @default none
   */
  close?: () => unknown
}

/**
 * Starts the drain of this process: what people press goes to Postgres in the background. When the process is asked to
 * stop (SIGTERM, SIGINT), what is pending is drained first, for 5 s at most; then the process ends by the same signal.
 * Where the application or its framework listens to the signal too, the end of the process is left to it: `close` is
 * called a second later, after what was pressed meanwhile is drained as well.
 *
 * Not for serverless functions, where a loop stands still between requests: call `{base}/drain` from a scheduler there.
 *
 * @param engine what `createOnecount` or `createEngines` has made
 * @returns ends the drain now, and leaves the signals alone again
 * @example
 * startDrain(createOnecount({ redis, postgres }))
 * @example
 * startDrain(engine, { close: () => Promise.all([client.quit(), sql.end()]) })
 */
export function startDrain({ drainer }: Draining, { close }: StartDrainOptions = {}): () => Promise<void> {
  drainer.start()
  const leave = () => {
    for (const signal of SIGNALS) process.off(signal, finish)
  }
  async function finish(signal: NodeJS.Signals): Promise<void> {
    leave()
    const isAlone = process.listenerCount(signal) === 0
    // A second signal ends the process at once where nothing else listens.
    await drainer.stop()
    if (isAlone) process.kill(process.pid, signal)
    else if (close) {
      await new Promise(resolve => setTimeout(resolve, REQUESTS_MS))
      await drainer.stop()
      await close()
    }
  }
  // Before those that listen once, which are not there any more when their turn is over.
  for (const signal of SIGNALS) process.prependListener(signal, finish)
  return async () => {
    leave()
    await drainer.stop()
  }
}
