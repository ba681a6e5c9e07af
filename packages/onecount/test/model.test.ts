import fc from 'fast-check'
import { beforeAll, describe, it } from 'vitest'
import { type Command, withLoss, withoutLoss } from './support/commands'
import { forAllTests } from './support/for-all-tests'
import { runCommands } from './support/machine'
import { chosenSeed } from './support/random'
import { startStores } from './support/stores'
import type { Ports } from './support/wire'

/** Milliseconds for the search of the shortest commands that fail. */
const SHRINKING = 60_000
/** Milliseconds for each property; a longer look: `ONECOUNT_MODEL_MS=600000 npx vitest run …/model.test.ts`. */
const TIME = Number(process.env.ONECOUNT_MODEL_MS ?? 7_000)

const stores = forAllTests(startStores)
let ports: Ports
beforeAll(() => (ports = stores.ports()))

/**
 * Batch after batch until the time is up. fast-check prints the seed of the batch (replay it with `ONECOUNT_SEED`) and
 * the shortest commands that still fail.
 */
async function check(commands: fc.Arbitrary<Command[]>): Promise<void> {
  const property = fc.asyncProperty(commands, sequence => runCommands(stores, ports, sequence))
  const end = Date.now() + TIME
  for (let seed = chosenSeed(); Date.now() < end; seed++)
    await fc.assert(property, {
      seed,
      numRuns: 10,
      interruptAfterTimeLimit: SHRINKING,
    })
}

describe('whatever happens on the way, in whatever order', () => {
  it(
    'every pair ends in both stores with the greatest op that either accepted',
    () => check(withoutLoss),
    TIME + 120_000,
  )

  it(
    'when Redis loses everything, the stores agree again and nothing that Postgres had is lost',
    () => check(withLoss),
    TIME + 120_000,
  )
})
