import type { Tick } from './drain'
import type { Drainer } from './loop'

/** Several loops as one, of partitions or of kinds, and what else has to be done in time. */
export function joinLoops(loops: readonly Drainer[], pruning?: { start(): void; stop(): void }): Drainer {
  let turn = 0
  const all = <T>(call: (loop: Drainer) => Promise<T>): Promise<T[]> => Promise.all(loops.map(call))
  return {
    /** One tick of one loop, of each in turn. */
    tick: (options): Promise<Tick> => loops[turn++ % loops.length]!.tick(options),
    /** One that fails does not hold the others: they have ended when this rejects. */
    async flush(options) {
      const ended = await Promise.allSettled(loops.map(loop => loop.flush(options)))
      const done = ended.map(result => {
        if (result.status === 'rejected') throw result.reason
        return result.value
      })
      return {
        drained: done.reduce((sum, { drained }) => sum + drained, 0),
        more: done.some(({ more }) => more),
      }
    },
    hasWork: async () => (await all(loop => loop.hasWork())).some(Boolean),
    lastDrainAt() {
      const times = loops.map(loop => loop.lastDrainAt()).filter(at => at !== null)
      return times.length > 0 ? Math.max(...times) : null
    },
    start() {
      pruning?.start()
      for (const loop of loops) loop.start()
    },
    nudge() {
      for (const loop of loops) loop.nudge()
    },
    async stop(options) {
      pruning?.stop()
      await all(loop => loop.stop(options))
    },
  }
}
