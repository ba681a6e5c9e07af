import { describe, expect, it } from 'vitest'
import { StoreRefused, StoreUnavailable } from '../../core/errors'
import type { PostgresSuite } from './harness'

export const wrongArguments: PostgresSuite = database => {
  describe('arguments', () => {
    it('that Postgres refuses make the call fail as an unavailable store, with the reason', async () => {
      const error = await database()
        .port.peek(['not a uuid'], null)
        .catch((e: unknown) => e)
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(error).toBeInstanceOf(StoreRefused)
      expect(error).toMatchObject({ store: 'postgres', message: expect.stringContaining('not a uuid') })
    })
  })
}
