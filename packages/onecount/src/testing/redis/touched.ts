import { describe, expect, it } from 'vitest'
import { SCRIPTS } from '../../redis/scripts.generated'
import { likeAt, OTHER_POST, POST, postIds, type RedisUnderTest, type Suite, T, unlikeAt } from './harness'

const any = { accept: 'any' } as const
const [GONE, BY_HAND] = postIds(2) as [string, string]

/** In a cluster a script may touch what was given in KEYS alone: that decides where it runs. */
export const touched: Suite = (redis, harness) => {
  /** Calls of scripts, each with the keys that it was given and the commands that it ran. */
  async function callsOf(work: () => Promise<unknown>) {
    const calls: { script: string; given: string[]; commands: string[][] }[] = []
    const names = new Map<string, string>(Object.entries(SCRIPTS).map(([name, { sha1 }]) => [sha1, name]))
    const sources = new Map<string, string>(
      Object.entries(SCRIPTS).map(([name, { source }]) => [source, name]),
    )
    for (const [name, ...args] of await redis().monitor!(work)) {
      const isCall = /^eval(sha)?$/i.test(name!)
      if (!isCall) calls.at(-1)?.commands.push([name!, ...args])
      else {
        const script = names.get(args[0]!) ?? sources.get(args[0]!)
        if (script) calls.push({ script, given: args.slice(2, 2 + Number(args[1])), commands: [] })
      }
    }
    return calls
  }

  const touches = async ({ command }: RedisUnderTest, args: string[]) =>
    (await command('COMMAND', 'GETKEYS', ...args).catch(() => [])) as string[]

  async function expectGiven(calls: Awaited<ReturnType<typeof callsOf>>): Promise<void> {
    for (const { script, given, commands } of calls)
      for (const args of commands)
        for (const key of await touches(redis(), args))
          expect(given, `${script}: ${args.join(' ')}`).toContain(key)
  }

  describe('a script', () => {
    it('touches no key that it was not given', async () => {
      const s = harness()
      const calls = await callsOf(async () => {
        await redis().command('ZADD', s.keys.before, 0, '!home|here', 0, `${POST}|old|${likeAt(0)}|0`)
        await s.adopt()
        await s.write(OTHER_POST, 'cold', likeAt(1), any)
        await s.begin()
        await s.warm({ [POST]: 446, [OTHER_POST]: 5, [GONE]: 1, [BY_HAND]: 1 }, { ana: [], ben: [] })
        await s.rankAll([[POST, 446]])
        for (const likers of [true, false]) {
          await s.write(POST, 'ana', likers ? likeAt(1) : unlikeAt(2), { likers })
          await s.press(POST, 'ben', 'flip', { now: T + 5, likers })
        }
        for (const post of [GONE, BY_HAND]) await s.write(post, 'ana', likeAt(1))
        await s.press(POST, 'new', 'flip', any)
        await s.write(POST, 'cold', likeAt(1))
        await s.read([POST, OTHER_POST], 'ana')
        await s.read([POST])
        await s.settle(
          (await s.collect('n', { home: 'here' }))!,
          {
            likes: { [POST]: 447, [OTHER_POST]: 6, [BY_HAND]: 9 },
            rows: [
              [POST, 'ben', likeAt(9)],
              [OTHER_POST, 'new', likeAt(9)],
              [BY_HAND, '', 0],
            ],
            refused: [[POST, 'ana', unlikeAt(2), likeAt(1)]],
          },
          { size: 2, latest: 2 * (T + 200), began: 2 * (T + 200), lasts: 100 },
        )
        await s.drain({}, { latest: 2 * (T + 900), began: 2 * (T + 900), lasts: 100 })
        await s.write(POST, 'ana', likeAt(20))
        await s.drain({ likes: { [POST]: 448 } })
        await s.pendingOps('ana')
        await s.mirror([[POST, 'ana', likeAt(20)]])
        await s.mirrorLikes([POST])
        await s.scanLikers(POST)
        await s.sizes([POST, OTHER_POST])
        await s.comparePosts((await s.status()).cut, [[POST, 448]])
        await s.comparePairs([[POST, 'ana']])
        await s.resolve('second', (await s.collect())!.nonce, 1)
        while ((await s.feed(1)) === '1');
        await s.cool(POST)
        await s.forget(POST)
        await s.status()
        await s.rank()
        await s.prepare('one')
        await s.release('one')
        await s.abandon((await s.collect('n', { drainer: 'one' }))!.nonce)
        await s.drain({}, { drainer: 'one' })
        await s.look(100)
        await s.look(100, [s.keys.q.replace('likes:', 'other:likes:')])
        await s.close(1)
        await s.close(10, `${POST}|ana|${likeAt(20)}`)
        await s.reopen()
        await s.limit(['a', 1, 1000], ['b', 1, 1000])
      })
      expect([...new Set(calls.map(({ script }) => script))].sort()).toEqual(Object.keys(SCRIPTS).sort())
      expect(calls.flatMap(({ commands }) => commands).length).toBeGreaterThan(200)
      await expectGiven(calls)
    })

    it('is caught when it does', async () => {
      const s = harness()
      const call = { script: 'one that does', given: [s.keys.q], commands: [['SET', s.keys.rank, 'x']] }
      await expect(expectGiven([call])).rejects.toThrow('one that does')
    })
  })
}
