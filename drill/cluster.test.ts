import { describe, expect, it } from 'vitest'
import { ClusterRedis } from './cluster'
import { drill } from './drill'
import { ON_CLUSTER } from './faults'
import { failuresOf } from './verdict'

describe('whatever breaks in a Redis Cluster, once each, while people press', () => {
  it('loses nothing that was promised, and the stores end the same', async () => {
    const rows = await drill({ plan: ON_CLUSTER, startStore: ClusterRedis.start })
    expect(failuresOf(rows).join('\n')).toBe('')
    expect(rows.map(({ fault }) => fault)).toEqual(ON_CLUSTER.map(({ name }) => name))
  }, 300_000)
})
