import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, type Scripts, type Suite, T, unlikeAt } from './harness'

export const drain: Suite = (redis, scripts) => {
  describe('collect', () => {
    it('hands out what is pending, with the revision of its post, under the confirmed nonce', async () => {
      const s = scripts()
      await s.hydrate(POST, { now: T })
      await s.write(POST, 'ana', likeAt(1), { now: T + 1 })
      await s.write(OTHER_POST, 'ana', likeAt(2))
      const members = [`${POST}|ana|${likeAt(1)}|${T + 1}`, `${OTHER_POST}|ana|${likeAt(2)}|0`]
      expect(await s.collect('n1')).toEqual(['', ...members])
      await s.settle('n1', [{ post: POST, members: [members[0]!] }])
      expect(await s.collect('n2')).toEqual(['n1', members[1]])
    })

    it('pages through what is pending, and begins again at the end', async () => {
      const s = scripts()
      for (const session of ['a', 'b', 'c', 'd', 'e']) await s.write(POST, session, likeAt(1))
      const page = async (after: string) => {
        const [, ...members] = await s.collect('n', { limit: 2, after })
        return members
      }
      const first = await page('')
      const second = await page(first.at(-1)!)
      const third = await page(second.at(-1)!)
      expect([...first, ...second, ...third].map(member => member.split('|')[1])).toEqual([...'abcde'])
      expect(await page(third.at(-1)!)).toEqual(first)
    })

    it('applies what Postgres has accepted and Redis has not seen', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446, ratings: [['ben', likeAt(1)]] })
      await s.write(POST, 'eva', likeAt(9))
      await s.collect('n1', {
        now: T + 20,
        rows: [
          [POST, 'ana', likeAt(5)],
          [POST, 'ben', unlikeAt(5)],
          [POST, 'eva', unlikeAt(5)],
          [OTHER_POST, 'ana', likeAt(5)],
        ],
      })
      expect(await s.members(POST)).toEqual(['ana', 'eva'])
      expect((await s.read([POST], '')).slice(0, 2)).toEqual(['448', String(T + 21)])
      expect(await s.pending()).toContain(`${OTHER_POST}|ana|${likeAt(5)}`)
    })

    it('forgets a post that is gone or was changed by hand, and who has read it before cannot install it', async () => {
      const s = scripts()
      await s.hydrate(POST)
      await s.write(POST, 'ana', likeAt(1))
      await s.cool(POST)
      await s.begin([POST], 'h')
      await s.hydrate(OTHER_POST)
      await s.collect('n1', {
        rows: [
          [POST, '', ''],
          [OTHER_POST, '', 9],
        ],
      })
      expect(await redis().command('KEYS', 'post:*')).toEqual([])
      expect(await s.install(POST, 'h')).toBe('LOST')
      expect(await s.pending()).toEqual([`${POST}|ana|${likeAt(1)}`])
    })

    it('makes a nonce of its own every time, also when it arrives a second time', async () => {
      const s = scripts()
      const execute = () =>
        redis().port.run('collect', [s.keys.q, s.keys.recent, s.keys.rank], ['n', 10, '', T])
      const [first] = await execute()
      await redis().command('FLUSHALL')
      expect(first).toMatch(/^n\./)
      await expect.poll(async () => (await execute())[0], { interval: 1 }).not.toBe(first)
    })

    it('remembers at most 1,000 nonces that were handed out', async () => {
      const s = scripts()
      await Promise.all(Array.from({ length: 1005 }, (_, i) => s.collect(`n${i}`)))
      expect(await redis().command('ZLEXCOUNT', s.keys.q, '[!out|', '(!out}')).toBe(1000)
      expect(await s.settle('n4', [])).toBe('LATE')
      expect(await s.settle('n5', [])).toBe('OK')
    })
  })

  describe('settle', () => {
    const recentOf = async (s: Scripts) => redis().command('ZRANGE', s.keys.recent, 0, -1)

    it('forgets drained ops that were old when the batch was collected', async () => {
      const s = scripts()
      await s.write(POST, 'old', likeAt(1))
      await s.write(POST, 'young', likeAt(5))
      await s.drain('n1')
      await s.collect('n2')
      expect(await recentOf(s)).toEqual([`${POST}|old`, `${POST}|young`])
      await s.settle('n2', [], { now: 2 * (T + 200), began: 2 * (T + 105), lasts: 2 * 100 })
      expect(await recentOf(s)).toEqual([`${POST}|young`])
    })

    it('keeps ops that had waited for long for as long as others are kept after they were drained', async () => {
      const s = scripts()
      await s.write(POST, 'waited', likeAt(1))
      await s.collect('n1')
      const members = [`${POST}|waited|${likeAt(1)}|0`]
      await s.settle('n1', [{ post: POST, members }], { now: 2 * (T + 1000), lasts: 2 * 100 })
      for (const passed of [50, 100]) {
        await s.collect('n2')
        await s.settle('n2', [], { now: 2 * (T + 1000 + passed), lasts: 2 * 100 })
        expect(await recentOf(s)).toEqual([`${POST}|waited`])
      }
      await s.collect('n3')
      await s.settle('n3', [], { now: 2 * (T + 1101), lasts: 2 * 100 })
      expect(await recentOf(s)).toEqual([])
      expect(await redis().command('EXISTS', s.keys.late)).toBe(0)
      await s.drain('n4')
      expect(await redis().command('ZRANGEBYLEX', s.keys.q, '[!trimmed|', '(!trimmed}')).toEqual([])
    })

    it('goes on forgetting the others while some had waited, however often', async () => {
      const s = scripts()
      const settledAt = async (session: string, op: number, now: number) => {
        await s.write(POST, session, op)
        const [, ...members] = await s.collect(session)
        await s.settle(session, [{ post: POST, members }], { now: 2 * now, lasts: 2 * 100 })
      }
      for (let i = 0; i < 10; i++) {
        await settledAt(`young${i}`, likeAt(1000 + 50 * i), T + 1000 + 50 * i)
        await settledAt(`late${i}`, likeAt(i), T + 1001 + 50 * i)
      }
      const left = (await recentOf(s)) as string[]
      expect(left.map(pair => pair.slice(POST.length + 1)).sort()).toEqual([
        'late7',
        'late8',
        'late9',
        'young8',
        'young9',
      ])
      expect(await redis().command('ZCARD', s.keys.late)).toBe(3)
    })

    it('forgets 5,000 at once, so that nobody waits for it', async () => {
      const s = scripts()
      const old = Array.from({ length: 6000 }, (_, i) => [i + 1, `${POST}|s${i}`]).flat()
      await redis().command('ZADD', s.keys.recent, ...old)
      await s.drain('n1', { settled: { lasts: 0 } })
      expect(await redis().command('ZCARD', s.keys.recent)).toBe(1000)
    })

    it('moves an op from pending to recent, and confirms the nonce', async () => {
      const s = scripts()
      await s.hydrate(POST)
      await s.write(POST, 'ana', likeAt(1))
      await s.drain('n1')
      expect(await s.pending()).toEqual([])
      expect(await s.status()).toEqual(['n1', 'epoch-1', '0', '0'])
      expect(Number(await redis().command('ZSCORE', s.keys.recent, `${POST}|ana`))).toBe(likeAt(1))
    })

    it('leaves an op that has been replaced meanwhile', async () => {
      const s = scripts()
      await s.hydrate(POST)
      await s.write(POST, 'ana', likeAt(1))
      const [, member] = await s.collect('n1')
      await s.write(POST, 'ana', unlikeAt(2))
      await s.settle('n1', [{ post: POST, members: [member!] }])
      expect(await s.pending()).toEqual([`${POST}|ana|${unlikeAt(2)}`])
    })

    it('leaves the ops of a post that is being hydrated, until a later batch', async () => {
      const s = scripts()
      await s.write(POST, 'ana', likeAt(1))
      await s.begin([POST], 'h')
      await s.drain('n1')
      expect(await s.pending()).toHaveLength(1)
      await s.install(POST, 'h')
      await s.drain('n2')
      expect(await s.pending()).toEqual([])
      expect(await s.members(POST)).toEqual(['ana'])
    })

    it('is ignored when it comes late or twice', async () => {
      const s = scripts()
      await s.hydrate(POST)
      await s.write(POST, 'ana', likeAt(1))
      const [, member] = await s.collect('n1')
      await s.collect('n2')
      await s.settle('n2', [])
      await s.collect('n3')
      const before = await s.everything()
      expect(await s.settle('n1', [{ post: POST, members: [member!] }])).toBe('LATE')
      expect(await s.settle('n2', [])).toBe('LATE')
      expect(await s.everything()).toEqual(before)
    })

    it('drops the keys of a post that is gone', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446 })
      await s.write(POST, 'ana', likeAt(1))
      const [, ...members] = await s.collect('n1')
      await s.settle('n1', [{ post: POST, gone: true, members }])
      const { likes, liked, meta } = s.keys
      expect(await redis().command('EXISTS', likes(POST), liked(POST), meta(POST))).toBe(0)
      expect(await s.pending()).toEqual([])
      expect(await redis().command('ZSCORE', s.keys.rank, POST)).toBeNull()
    })

    it('keeps the greater op when an older one settles after it', async () => {
      const s = scripts()
      await s.write(POST, 'ana', likeAt(5))
      await s.drain('n1')
      await redis().command('ZADD', s.keys.q, 0, `${POST}|ana|${unlikeAt(1)}|0`)
      await s.drain('n2')
      expect(Number(await redis().command('ZSCORE', s.keys.recent, `${POST}|ana`))).toBe(likeAt(5))
    })
  })

  describe('status', () => {
    it('tells what is left and how old it is, and changes nothing', async () => {
      const s = scripts()
      expect(await s.status()).toEqual(['', '', '0', '0'])
      await s.hydrate(POST)
      await s.write(POST, 'ana', likeAt(7))
      await s.write(POST, 'ben', unlikeAt(3))
      await s.collect('n1')
      const before = await s.everything()
      expect(await s.status()).toEqual(['', 'epoch-1', '2', String(unlikeAt(3))])
      expect(await s.everything()).toEqual(before)
    })
  })
}
