import { describe, expect, it } from 'vitest'
import { likeAt, POST, type Suite, T } from './harness'

const any = { accept: 'any' } as const

/** Which drained ops are remembered, so that a Postgres that comes back older is given them again. */
export const remembering: Suite = (redis, harness) => {
  const LIKES = { likes: { [POST]: 0 } }

  describe('settle', () => {
    const sessions = async () =>
      Object.keys(await harness().recent())
        .map(pair => pair.slice(POST.length + 1))
        .sort()

    it('forgets drained ops that were old when the batch was collected', async () => {
      const s = harness()
      await s.begin()
      await s.write(POST, 'old', likeAt(1), any)
      await s.write(POST, 'young', likeAt(5), any)
      await s.drain(LIKES)
      expect(await sessions()).toEqual(['old', 'young'])
      await s.drain({}, { latest: 2 * (T + 200), began: 2 * (T + 105), lasts: 2 * 100 })
      expect(await sessions()).toEqual(['young'])
    })

    it('keeps ops that had waited for long for as long as others are kept after they were drained', async () => {
      const s = harness()
      await s.begin()
      await s.write(POST, 'waited', likeAt(1), any)
      const at = (passed: number) => {
        const time = 2 * (T + 1000 + passed)
        return { latest: time, began: time, lasts: 2 * 100 }
      }
      await s.drain(LIKES, at(0))
      for (const passed of [50, 100]) {
        await s.drain({}, at(passed))
        expect(await sessions()).toEqual(['waited'])
      }
      await s.drain({}, at(101))
      expect(await sessions()).toEqual([])
      expect(await redis().command('EXISTS', s.keys.late)).toBe(0)
      await s.drain({}, at(102))
      expect(await s.marks()).not.toContain('!trimmed')
    })

    it('goes on forgetting the others while some had waited, however often', async () => {
      const s = harness()
      await s.begin()
      const settledAt = async (session: string, op: number, now: number) => {
        await s.write(POST, session, op, any)
        await s.drain(LIKES, { latest: 2 * now, began: 2 * now, lasts: 2 * 100 })
      }
      for (let i = 0; i < 10; i++) {
        await settledAt(`young${i}`, likeAt(1000 + 50 * i), T + 1000 + 50 * i)
        await settledAt(`late${i}`, likeAt(i), T + 1001 + 50 * i)
      }
      expect(await sessions()).toEqual(['late7', 'late8', 'late9', 'young8', 'young9'])
      expect(await redis().command('ZCARD', s.keys.late)).toBe(3)
    })

    it('forgets 2,000 at once, so that no call takes long', async () => {
      const s = harness()
      await s.begin()
      const old = Array.from({ length: 6000 }, (_, i) => [i + 1, `${POST}|s${i}`]).flat()
      await redis().command('ZADD', s.keys.recent, ...old)
      await s.drain({}, { lasts: 0 })
      expect(await redis().command('ZCARD', s.keys.recent)).toBe(4000)
    })
  })
}
