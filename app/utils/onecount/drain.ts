import { getOnecount } from './server'

/** Starts the drain of this process, and finishes it when the server is asked to stop. */
export function startDrain(): void {
  const { stores, drain } = getOnecount()
  if (!stores.redis) return
  drain.start()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      drain.stop()
    })
  }
}
