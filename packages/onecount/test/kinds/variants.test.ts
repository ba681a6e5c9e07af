import { type Kind, type Onecount, variantId, variantIds } from 'onecount'
import { kindSql } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { startKindStores } from '../support/kind-stores'
import { reaction } from '../support/kinds'

const COMMENTS = Array.from(
  { length: 50 },
  (_, n) => `50050001-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`,
)
const [ONE] = COMMENTS as [string]
const of = (...variants: string[]): Kind => ({ ...reaction, variants })

const stores = forAllTests(startKindStores)
let sql: Sql
beforeEach(async () => {
  sql = await stores.begin(of('👍', '🎉'))
  await sql`insert into comments (id) select id from unnest(${COMMENTS}::text[]::uuid[]) id`
})
const engine = (kind: Kind, redis = stores.redisPort()): Onecount => stores.instance(kind, { redis })

describe('the variants of a target', () => {
  it('are given apart by one person, each with a count and a revision of its own', async () => {
    const reactions = engine(of('👍', '🎉'))
    const [up, party] = variantIds(reactions.kind, [ONE]) as [string, string]
    await reactions.set(up, 'ana', true)
    await reactions.set(party, 'ana', true)
    await reactions.set(up, 'ben', true)
    expect(await reactions.set(up, 'ana', false)).toMatchObject({ count: 1, liked: false })
    const states = await reactions.read([up, party], 'ana')
    expect(states.get(up)).toMatchObject({ count: 1, liked: false, source: 'redis' })
    expect(states.get(party)).toMatchObject({ count: 1, liked: true, source: 'redis' })
    expect(states.get(up)!.rev).toBeGreaterThan(states.get(party)!.rev)
    await reactions.drainer.flush()
    expect([
      ...(await sql`select comment_id, user_id, emoji, created_at > now() - interval '1 minute' as is_dated
                      from comment_reactions order by user_id`),
    ]).toEqual([
      { comment_id: ONE, user_id: 'ana', emoji: '🎉', is_dated: true },
      { comment_id: ONE, user_id: 'ben', emoji: '👍', is_dated: true },
    ])
  })

  it('of many targets are read by one script', async () => {
    let calls = 0
    const port = stores.redisPort()
    const reactions = engine(of('👍', '🎉'), {
      ...port,
      run(...args) {
        calls++
        return port.run(...args)
      },
    })
    const ids = variantIds(reactions.kind, COMMENTS)
    await reactions.drainer.flush()
    await reactions.read(ids, 'ana')
    calls = 0
    expect((await reactions.read(ids, 'ana')).size).toBe(100)
    expect(calls).toBe(1)
  })

  it('are shown with the rows that exist already, once they are added to the kind', async () => {
    await sql`insert into comment_reactions (comment_id, user_id, emoji) values (${ONE}, 'ana', '❤️')`
    const before = engine(of('👍', '🎉'))
    await before.drainer.flush()
    await before.set(variantId(ONE, '👍'), 'ana', true)
    // Redis knows all that ana has given.
    await before.read(variantIds(before.kind, [ONE]), 'ana')

    await sql.unsafe(kindSql(of('👍', '🎉', '❤️')))
    const after = engine(of('👍', '🎉', '❤️'))
    while ((await after.drainer.flush()).more);
    const states = await after.read(variantIds(after.kind, [ONE]), 'ana')
    expect([...states.values()].map(({ count, liked, source }) => [count, liked, source])).toEqual([
      [1, true, 'redis'],
      [0, false, 'redis'],
      [1, true, 'redis'],
    ])
    expect(await after.set(variantId(ONE, '❤️'), 'ana', false)).toMatchObject({ count: 0, liked: false })
    await after.drainer.flush()
    expect(await sql`select from comment_reactions`).toHaveLength(1)
  })

  it('are refused where the kind does not have them, and their posts are unknown once one is removed', async () => {
    const reactions = engine(of('👍', '🎉'))
    await expect(reactions.set(variantId(ONE, '❤️'), 'ana', true)).rejects.toMatchObject({
      code: 'invalid_post_id',
    })
    await expect(reactions.set(ONE, 'ana', true)).rejects.toMatchObject({ code: 'invalid_post_id' })
    await reactions.set(variantId(ONE, '👍'), 'ana', true)
    await reactions.drainer.flush()
    await sql.unsafe(kindSql(of('🎉')))
    await reactions.drainer.flush()
    await expect(reactions.set(variantId(ONE, '👍'), 'ben', true)).rejects.toMatchObject({
      code: 'post_not_found',
    })
    expect((await reactions.read([variantId(ONE, '🎉')], 'ana')).size).toBe(1)
    expect(await sql`select from comment_reactions`).toHaveLength(1)
  })
})
