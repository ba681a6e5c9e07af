import type { DrainLoop } from '../core/loop'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * Starts the drain of this process: what people press goes to Postgres in the background. When the process is asked to
 * stop (SIGTERM, SIGINT), what is pending is drained first, for 5 s at most; then the process ends by the same signal,
 * unless the application or its framework listens to the signal too and ends it in its own way.
 *
 * Not for serverless functions, where a loop stands still between requests: call `{base}/drain` from a scheduler there.
 *
 * @param engine what `createOnecount` or `createEngines` has made
 * @returns ends the drain now, and leaves the signals alone again
 * @example
 * const engine = createOnecount({ redis, postgres })
 * startDrain(engine)
 */
export function startDrain({ drain }: { drain: Pick<DrainLoop, 'start' | 'stop'> }): () => Promise<void> {
  drain.start()
  const leave = () => {
    for (const signal of SIGNALS) process.off(signal, finish)
  }
  async function finish(signal: NodeJS.Signals): Promise<void> {
    leave()
    const isAlone = process.listenerCount(signal) === 0
    // A second signal ends the process at once where nothing else listens.
    await drain.stop()
    if (isAlone) process.kill(process.pid, signal)
  }
  for (const signal of SIGNALS) process.on(signal, finish)
  return async () => {
    leave()
    await drain.stop()
  }
}
