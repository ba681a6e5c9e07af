import { describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../core/errors'
import type { PostgresSuite } from './harness'

export const refusals: PostgresSuite = database => {
  describe('arguments', () => {
    it('that Postgres refuses make the call fail as an unavailable store, with the reason', async () => {
      const error = await database()
        .port.snapshot(['not a uuid'])
        .catch((e: unknown) => e)
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(error).toMatchObject({ store: 'postgres', message: expect.stringContaining('not a uuid') })
    })
  })
}
