import { describe, expect, it } from 'vitest'
import type { Suite } from './harness'

const HOUR = 3_600_000

export const limits: Suite = (redis, harness) => {
  describe('limit', () => {
    it('takes from every bucket until one is empty, and from none then', async () => {
      const s = harness()
      const both = () => s.limit(['a', 1, HOUR], ['b', 3, HOUR])
      expect(await both()).toEqual(['1', '0.000', expect.stringMatching(/^2\./)])
      expect(await both()).toEqual(['0', expect.stringMatching(/^0\./), expect.stringMatching(/^2\./)])
      expect(await s.limit(['b', 3, HOUR])).toEqual(['1', expect.stringMatching(/^1\./)])
    })

    it('says less than a token of a bucket that it refuses for, however little is missing', async () => {
      const s = harness()
      const [seconds] = (await redis().command('TIME')) as string[]
      // No clock goes on by enough to fill it during the test.
      await redis().command('SET', s.keys.limit('new', 'a'), `0.9996|${seconds}000`)
      expect(await s.limit(['a', 1, 1_000_000 * HOUR], ['b', 3, HOUR])).toEqual(['0', '0.999', '3.000'])
    })

    it('refills', async () => {
      const s = harness()
      await s.limit(['a', 1, 50])
      await expect.poll(() => s.limit(['a', 1, 50])).toMatchObject({ 0: '1' })
    })

    it('forgets a bucket when it would be full again, and no sooner', async () => {
      const s = harness()
      await s.limit(['a', 600, HOUR])
      await s.limit(['a', 600, HOUR])
      const left = Number(await redis().command('PTTL', s.keys.limit('new', 'a')))
      expect(left).toBeGreaterThan(6_000)
      expect(left).toBeLessThanOrEqual(12_000)
    })

    it('lets a bucket through that holds something else', async () => {
      const s = harness()
      await redis().command('SET', s.keys.limit('new', 'a'), 'nonsense')
      expect(await s.limit(['a', 2, HOUR])).toEqual(['1', '1.000'])
    })
  })
}
