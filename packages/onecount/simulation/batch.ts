import type { Redis } from 'ioredis'
import type { Engine } from './engine'
import { type Outcome, runSeed, type WorldOptions } from './run'

/** Worlds side by side: while one waits for Redis the others go on. Each has keys and an order of its own. */
const WORLDS = 6

interface BatchOptions extends WorldOptions {
  isTraced?: boolean
  from: number
  seeds: number
  /** Called after every seed; true ends the batch. */
  onOutcome(outcome: Outcome): boolean | undefined
}

/** Runs seeds one after the other, several at once. */
export async function runBatch(
  client: Redis,
  engine: Engine,
  { from, seeds, onOutcome, ...options }: BatchOptions,
): Promise<void> {
  let next = from
  let isOver = false
  const work = async () => {
    while (!isOver && next < from + seeds) {
      const isAbandoned = () => isOver
      const outcome = await runSeed(next++, engine, client, { ...options, isAbandoned })
      if (outcome) isOver = onOutcome(outcome) || isOver
    }
  }
  await Promise.all(Array.from({ length: WORLDS }, work))
}
