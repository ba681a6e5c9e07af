import { randomUUID } from 'node:crypto'
import type { PairOp, PostgresPort, SyncResult } from '../core/ports'

/** A Redis that has a cut, and settles what it is told. */
export function createCut(port: PostgresPort, partition = 0) {
  let parent = ''
  return {
    /** One batch, at the cut of the last one. */
    async drain(pairs: PairOp[] = [], limit = 100): Promise<SyncResult & { status: 'applied' }> {
      const entries = pairs.map(pair => ({ ...pair, rev: 0 }))
      for (;;) {
        const result = await port.sync({ partition, parent, nonce: randomUUID(), entries, limit })
        parent = result.receipt
        if (result.status === 'applied') return result
      }
    },
    batch: (pairs: PairOp[], limit = 100) => ({
      partition,
      parent,
      nonce: randomUUID(),
      entries: pairs.map(pair => ({ ...pair, rev: 0 })),
      limit,
    }),
  }
}
