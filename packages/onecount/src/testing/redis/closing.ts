import { describe, expect, it } from 'vitest'
import { likeAt, POST, type Suite } from './harness'

const any = { accept: 'any' } as const

export const closing: Suite = (redis, harness) => {
  describe('close', () => {
    it('hands over the pending ops in pages, each until the caller says that Postgres holds it', async () => {
      const s = harness()
      await s.begin()
      for (const session of ['a', 'b', 'c']) await s.write(POST, session, likeAt(1), any)
      const first = await s.close(2)
      expect(first.map(member => member.split('|')[1])).toEqual(['a', 'b'])
      expect(await s.close(2)).toEqual(first)
      const second = await s.close(2, ...first)
      expect(second.map(member => member.split('|')[1])).toEqual(['c'])
      expect(await s.close(2, ...second)).toEqual([])
      expect(await redis().command('EXISTS', s.keys.closed)).toBe(0)
      expect(await s.close(2)).toEqual([])
    })

    it('lets no script through that believes in the partition, until it is opened again', async () => {
      const s = harness()
      await s.warm({ [POST]: 5 }, { ana: [] })
      await s.close(1)
      for (const call of [
        () => s.write(POST, 'ana', likeAt(1), any),
        () => s.press(POST, 'ana', '1'),
        () => s.read([POST]),
        () => s.collect(),
        () => s.status(),
        () => s.look(10),
      ])
        await expect(call()).rejects.toMatchObject({ store: 'redis', scope: 'call' })
      expect(await s.reopen()).toBe('1')
      expect(await s.write(POST, 'ana', likeAt(1), any)).toEqual(['COLD', String(likeAt(1))])
    })

    it('of a partition that was never used keeps other processes from beginning it', async () => {
      const s = harness()
      expect(await s.close(1)).toEqual([])
      await expect(s.status()).rejects.toMatchObject({ scope: 'call' })
    })
  })

  describe('reopen', () => {
    it('leaves a partition that is not closed as it is', async () => {
      const s = harness()
      await s.write(POST, 'ana', likeAt(1), any)
      expect(await s.reopen()).toBe('0')
      expect(await s.status()).toMatchObject({ pending: 1 })
    })
  })
}
