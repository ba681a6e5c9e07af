import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Command, withLoss, withoutLoss } from './support/commands'
import { runCommands } from './support/machine'
import { chosenSeed } from './support/random'
import { type Stores, startStores } from './support/stores'
import type { Ports } from './support/wire'

/** Milliseconds for each property; a longer look: `ONECOUNT_MODEL_MS=600000 npx vitest run …/model.test.ts`. */
const TIME = Number(process.env.ONECOUNT_MODEL_MS ?? 10_000)

let stores: Stores
let ports: Ports
beforeAll(async () => {
  stores = await startStores()
  ports = stores.ports()
})
afterAll(() => stores.stop())

/** fast-check prints seed and path of what failed, and the shortest commands that still do. */
async function check(commands: fc.Arbitrary<Command[]>): Promise<void> {
  let runs = 0
  const property = fc.asyncProperty(commands, async sequence => {
    runs++
    await runCommands(stores, ports, sequence)
  })
  const seed = chosenSeed()
  await fc.assert(property, { seed, numRuns: 100_000, interruptAfterTimeLimit: TIME, endOnFailure: false })
  expect(runs).toBeGreaterThan(10)
}

describe('whatever happens on the way, in whatever order', () => {
  it(
    'every pair ends in both stores with the greatest op that either accepted',
    () => check(withoutLoss),
    TIME * 4 + 10_000,
  )

  it(
    'when Redis loses everything, the stores agree again and nothing that Postgres had is lost',
    () => check(withLoss),
    TIME * 4 + 10_000,
  )
})
