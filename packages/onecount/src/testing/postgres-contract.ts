import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { chain } from './postgres/chain'
import { concurrency } from './postgres/concurrency'

import type { PostgresCapabilities, PostgresUnderTest } from './postgres/harness'
import { lists } from './postgres/lists'
import { reads } from './postgres/reads'
import { refusals } from './postgres/refusals'
import { sync } from './postgres/sync'
import { text } from './postgres/text'
import { writes } from './postgres/writes'

/**
 * What every driver of Postgres must do, as a vitest suite: all methods of the port on a migrated database.
 * `makePort` is called once; the suite empties the tables before each test.
 */
export function postgresContract(
  name: string,
  makePort: () => Promise<PostgresUnderTest>,
  { validates = true }: Partial<PostgresCapabilities> = {},
): void {
  describe(`Postgres contract: ${name}`, () => {
    let database: PostgresUnderTest
    beforeAll(async () => {
      database = await makePort()
    }, 120_000)
    afterAll(() => database?.close())
    beforeEach(() => database.clear())

    for (const suite of [sync, chain, writes, reads, lists, text, concurrency]) suite(() => database)
    if (validates) refusals(() => database)
  })
}
