import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { wrongArguments } from './postgres/arguments'
import { chain } from './postgres/chain'
import { concurrency } from './postgres/concurrency'
import { drain } from './postgres/drain'
import { type PostgresCapabilities, type PostgresUnderTest, useIds } from './postgres/harness'
import { hydration } from './postgres/hydration'
import { lists } from './postgres/lists'
import { log } from './postgres/log'
import { refusals } from './postgres/refusals'
import { text } from './postgres/text'
import { writes } from './postgres/writes'

/**
 * What every driver of Postgres must do, as a vitest suite: all methods of the port on a migrated database.
 * `makePort` is called once; the suite empties the tables before each test.
 * @example
 * postgresContract('my driver', async () => {
 *   const database = await openTestDatabase() // migrated, and of this suite alone
 *   return { port: myPort(database), ...database }
 * })
 */
export function postgresContract(
  name: string,
  makePort: () => Promise<PostgresUnderTest>,
  { validates = true, ids = 'uuid', oddSessions = true }: Partial<PostgresCapabilities> = {},
): void {
  describe(`Postgres contract: ${name}`, () => {
    let database: PostgresUnderTest
    beforeAll(async () => {
      useIds(ids)
      database = await makePort()
    }, 120_000)
    afterAll(() => database?.close())
    beforeEach(async () => {
      await database.clear()
      // A Redis drains, of a partition of its own: from now on ops without it are logged.
      await database.port.sync({ partition: 1000, parent: '', nonce: 'first', entries: [], limit: 1 })
    })

    for (const suite of [drain, chain, log, writes, hydration, lists, refusals, concurrency])
      suite(() => database)
    if (oddSessions) text(() => database)
    if (validates) wrongArguments(() => database)
  })
}
