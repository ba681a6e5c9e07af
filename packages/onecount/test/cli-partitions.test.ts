import { describe, expect, it } from 'vitest'
import { POST, POSTS, startCli } from './support/cli'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))

describe('onecount partitions', () => {
  it('prints the number of partitions, changes it while ops are pending, and can be repeated', async () => {
    const { json } = cli
    const app = await cli.begin()
    expect((await cli.run(['partitions'])).out).toBe('The posts are in 1 partition.\n')
    await app.set(POST.id, 'cleo', true)
    expect(await json(['partitions', '4'])).toMatchObject({
      code: 0,
      report: { before: 1, partitions: 4, moved: 1 },
    })
    expect(await json(['partitions', '4'])).toMatchObject({ code: 0, report: { before: 4, moved: 0 } })

    const four = stores.instance({ partitions: 4 })
    await four.hydrateAll()
    expect((await four.read([POST.id], 'cleo')).get(POST.id)).toMatchObject({ count: 3, liked: true })
    expect(await json(['verify', '--partitions', '4'])).toMatchObject({
      code: 0,
      report: { posts: POSTS.length, cold: 0 },
    })
    const wrong = await json(['verify'])
    expect(wrong.code).toBe(2)
    expect(wrong.err).toContain('--partitions 4')
    expect(await json(['partitions', '1'])).toMatchObject({ code: 0, report: { partitions: 1 } })
    await app.hydrateAll()
    expect(await json(['verify'])).toMatchObject({ code: 0, report: { cold: 0 } })
  })

  it.each([[['partitions', 'many']], [['partitions', '0']], [['partitions', '2', '3']]])(
    'refuses %j',
    async args => {
      expect((await cli.run(args)).code).toBe(2)
    },
  )
})
