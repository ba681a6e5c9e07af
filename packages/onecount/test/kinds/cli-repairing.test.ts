import { createKeys, idsOf, type Kind, type Onecount } from 'onecount'
import { kindSql } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { startKindCli } from '../support/kind-cli'
import { article, mark, namesOf, quoted, slug, uuidOf } from '../support/kinds'

/** Ids in the order of Postgres, and actors by their names. */
const CASES: { kind: Kind; ids: string[]; actor: (name: string) => string }[] = [
  { kind: article, ids: ['-5', '2', '10', '9007199254740993'], actor: uuidOf },
  {
    kind: quoted,
    ids: [1, 2, 3, 4].map(n => `50050001-aaaa-bbbb-cccc-ddddeeee000${n}`),
    actor: name => name,
  },
  { kind: mark, ids: ['-5', '2', '10', '9007199254740993'], actor: name => name },
  { kind: slug, ids: ['10', '_x', 'a', 'Polar-bear:2.1'], actor: name => name },
]

const cli = forAllTests(() =>
  startKindCli({ 'onecount.config.mjs': { article, mark, slug }, 'quoted.mjs': { quoted } }),
)
let sql: Sql
beforeEach(async () => {
  sql = await cli.begin()
})

describe.each(CASES)('commands for the kind $kind.name', ({ kind, ids, actor }) => {
  const n = namesOf(kind)
  const keys = createKeys('', kind.keyPrefix)
  const [ana, ben, eva] = ['ana', 'ben', 'eva'].map(actor) as [string, string, string]
  const [first, second, third, last] = ids as [string, string, string, string]
  const named = kind === quoted ? ['--config', 'quoted.mjs'] : ['--kind', kind.name]
  const json = (...args: string[]) => cli.json(...args, ...named)
  const equal = { code: 0, report: { posts: ids.length, differences: 0, cold: 0 } }

  /** Every target is liked by ana and ben, in both stores. */
  async function begin(partitions = 1): Promise<Onecount> {
    await sql.unsafe(kindSql(kind))
    await sql.unsafe(`select public.${n.own.replace('public.', '')}set_partitions(${partitions})`)
    for (const id of ids) await sql.unsafe(`insert into ${n.content} (${n.id}) values ('${id}')`)
    const app = cli.instance(kind, partitions)
    await app.hydrateAll()
    for (const id of ids) for (const person of [ana, ben]) await app.set(id, person, true)
    await app.drainer.flush()
    return app
  }

  /** As a restore of an older state does: ana's like of one target is gone, and eva's of another one is there. */
  const damage = () =>
    cli.unnoticed(
      kind,
      `delete from ${n.rows} where ${n.target} = '${second}' and ${n.actor} = '${ana}';
       update ${n.counts} set ${n.count} = ${n.count} - 1 where ${n.countsId} = '${second}';
       insert into ${n.rows} (${n.target}, ${n.actor}, onecount_op) values ('${last}', '${eva}', 3);
       update ${n.counts} set ${n.count} = ${n.count} + 1 where ${n.countsId} = '${last}'`,
    )

  it('verify names differences in either direction, and reconcile repairs them', async () => {
    const app = await begin()
    expect(await json('verify')).toMatchObject(equal)
    await damage()
    const { code, report } = await json('verify')
    expect(code).toBe(1)
    expect(report.differences).toBe(2)
    expect(report.listed).toHaveLength(2)
    expect(report.listed).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ postId: second, redisCount: 2, postgresCount: 1, onlyRedis: [ana] }),
        expect.objectContaining({ postId: last, redisCount: 2, postgresCount: 3, onlyPostgres: [eva] }),
      ]),
    )
    expect((await json('verify', `--post=${first}`)).code).toBe(0)
    expect(await json('reconcile', '--post', second)).toMatchObject({ code: 0, report: { repaired: 1 } })
    expect(await json('reconcile')).toMatchObject({ code: 0, report: { repaired: 1 } })
    expect(await json('verify')).toMatchObject(equal)
    expect((await app.read([second], ana)).get(second)).toMatchObject({ count: 1, liked: false })
    expect((await app.read([last], eva)).get(last)).toMatchObject({ count: 3, liked: true })
    expect((await cli.command.smembers(keys.liked(last))).sort()).toEqual([ana, ben, eva].sort())
  })

  it('reconcile repairs counts and mirrors that are wrong in Redis alone', async () => {
    const app = await begin()
    await cli.command.set(keys.likes(first), '99')
    await cli.command.srem(keys.liked(third), ben)
    const { report } = await json('verify')
    expect(report.differences).toBe(2)
    expect(await json('reconcile')).toMatchObject({ code: 0, report: { repaired: 2 } })
    expect(await json('verify')).toMatchObject(equal)
    expect(await cli.command.get(keys.likes(first))).toBe('2')
    expect((await app.read([first], ana)).get(first)).toMatchObject({ count: 2, liked: true })
  })

  it('verify and reconcile look in the partition of each target', async () => {
    await begin(3)
    const three = ['--partitions', '3']
    expect(await json('verify', ...three)).toMatchObject(equal)
    await damage()
    expect((await json('verify', ...three)).report.differences).toBe(2)
    expect(await json('reconcile', ...three)).toMatchObject({ code: 0, report: { repaired: 2 } })
    expect(await json('verify', ...three)).toMatchObject(equal)
    const used = await cli.command.keys('*')
    const tags = new Set(used.map(key => key.slice(0, 4)))
    expect(tags.size).toBe(new Set(ids.map(id => idsOf(kind).partitionOf(id, 3))).size)
  })

  it('moderate merges sessions, takes likes away and removes targets, in both stores', async () => {
    const app = await begin()
    await app.set(first, ana, false)
    expect(await json('moderate', 'merge-sessions', ana, eva)).toMatchObject({
      code: 0,
      report: { complete: true },
    })
    expect((await app.read([second], eva)).get(second)).toMatchObject({ count: 2, liked: true })
    expect((await app.read([second], ana)).get(second)).toMatchObject({ count: 2, liked: false })
    expect((await app.read([first], eva)).get(first)).toMatchObject({ count: 1, liked: false })
    expect(await json('moderate', 'remove-session', ben)).toMatchObject({
      code: 0,
      report: { complete: true },
    })
    expect((await json('moderate', 'remove-post', last)).code).toBe(0)
    await app.drainer.flush()
    expect(await sql.unsafe(`select from ${n.content} where ${n.id} = '${last}'`)).toHaveLength(0)
    expect(await cli.command.keys(`*post:*:${last}`)).toEqual([])
    const rows = await sql.unsafe(
      `select ${n.target}::text as id, ${n.actor}::text as who from ${n.rows} order by 1`,
    )
    expect(rows.map(({ id, who }) => `${id} ${who}`).sort()).toEqual(
      [`${second} ${eva}`, `${third} ${eva}`].sort(),
    )
    expect(await json('verify')).toMatchObject({ code: 0, report: { posts: ids.length - 1, differences: 0 } })
  })

  it('moderate refuses an id that the kind cannot have, and says which it has', async () => {
    await begin()
    const wrong = kind.target.id === 'text' ? 'a|b' : 'x'
    const { code, err } = await json('moderate', 'remove-post', wrong)
    expect(code).toBe(2)
    expect(err).toContain(wrong)
    expect(err).toContain(
      { uuid: 'a UUID', bigint: 'a whole number', text: 'letters, digits' }[kind.target.id],
    )
  })
})
