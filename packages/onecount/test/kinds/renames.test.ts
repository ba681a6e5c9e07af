import { createKeys, type Kind, type Onecount } from 'onecount'
import { kindSql } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { describe, expect, it } from 'vitest'
import { whileDraining } from '../support/churn'
import { againAfterDeadlock } from '../support/deadlock'
import { forAllTests } from '../support/for-all-tests'
import { ANA, addTarget, BEN, beginTables, CASES, EVA, refer } from '../support/kind-cases'
import { startKindStores } from '../support/kind-stores'
import { article, mark, namesOf, slug } from '../support/kinds'

const stores = forAllTests(startKindStores)
let sql: Sql
let onecount: Onecount

/** Foreign keys from the rows to the targets: how they follow an id. */
const FOLLOW = {
  cascades: 'on update cascade on delete cascade',
  waits: 'on delete cascade deferrable initially deferred',
  refuses: 'on delete cascade',
  none: null,
} as const

async function begin(kind: Kind, follow: keyof typeof FOLLOW, targets: string[]): Promise<void> {
  sql = await beginTables(stores, kind)
  await refer(sql, kind, FOLLOW[follow])
  for (const target of targets) await addTarget(sql, kind, target)
  onecount = stores.instance(kind)
}

const rename = (kind: Kind, from: string, to: string, on: Pick<Sql, 'unsafe'> = sql) => {
  const { content, id } = namesOf(kind)
  return on.unsafe(`update ${content} set ${id} = '${to}' where ${id} = '${from}'`)
}

/** Postgres' count is its rows and a base, Redis shows the same, and who likes it. */
async function expectBoth(kind: Kind, id: string, base: number, members: string[]): Promise<void> {
  const n = namesOf(kind)
  while ((await onecount.drainer.flush()).more);
  const [row] = await sql.unsafe(
    `select ${n.count}::int as count,
            (select count(*)::int from ${n.rows} r where ${n.postOf('r')} = c.${n.countsId}) as rows
       from ${n.counts} c where ${n.countsId}::text = $1`,
    [id],
  )
  expect(row).toEqual({ count: base + members.length, rows: members.length })
  // A process remembers for a second that an id is none.
  for (const member of members)
    await expect
      .poll(async () => (await onecount.read([id], member)).get(id), { timeout: 5000 })
      .toMatchObject({ source: 'redis', count: base + members.length, liked: true })
  const keys = createKeys('', kind.keyPrefix)
  expect((await stores.redis.smembers(keys.liked(id))).sort()).toEqual([...members].sort())
  expect(await onecount.health()).toMatchObject({ pending: 0, unseen: 0 })
}

async function expectGone(id: string, session: string): Promise<void> {
  expect(await onecount.read([id], session)).toEqual(new Map())
  expect(await stores.redis.keys(`*post:*:${id}`)).toEqual([])
}

const opsOf = async (kind: Kind, id: string) => {
  const n = namesOf(kind)
  return [
    ...(await sql.unsafe(
      `select ${n.actor}::text as session, ${n.op}::text as op from ${n.rows} where ${n.post}::text = $1
       union all select session_id::text, op::text from ${n.own}tombstones where post_id::text = $1 order by 1`,
      [id],
    )),
  ]
}

describe.each(Object.values(CASES))(
  'a target of the kind $kind.name whose id is changed',
  ({ kind, from, to, other, of, ana, ben, eva }) => {
    const n = namesOf(kind)
    const [old, id, beside] = [of(from), of(to), of(other)]

    it.each(['cascades', 'waits', 'none'] as const)(
      'takes its count, ops and tombstones along: key %s',
      async follow => {
        await begin(kind, follow, [from, other])
        await sql.unsafe(`update ${n.counts} set ${n.count} = 446 where ${n.countsId} = '${old}'`)
        for (const session of [ana, ben, eva]) await onecount.set(old, session, true)
        await onecount.set(beside, ana, true)
        await onecount.drainer.flush()
        await onecount.set(old, eva, false)
        await onecount.drainer.flush()
        const before = await opsOf(kind, old)
        expect(before).toHaveLength(3)
        const [{ rev }] = (await sql.unsafe(
          `select ${n.rev}::float8 as rev from ${n.counts} where ${n.countsId} = '${old}'`,
        )) as unknown as [{ rev: number }]

        await rename(kind, from, to)
        expect((await onecount.read([id])).get(id)).toMatchObject({ count: 448 })
        await expectBoth(kind, id, 446, [ana, ben])
        await expectBoth(kind, beside, 0, [ana])
        await expectGone(old, ana)
        expect(await opsOf(kind, id)).toEqual(before)
        expect(await opsOf(kind, old)).toEqual([])
        const [after] = await sql.unsafe(
          `select ${n.rev}::float8 as rev from ${n.counts} where ${n.countsId} = '${id}'`,
        )
        expect(after!.rev).toBeGreaterThan(rev)

        // A late like from before the unlike does not count; a press of now does.
        const unliked = before.find(({ session }) => session === eva)!
        await onecount.set(id, eva, true, { op: Number(unliked.op) - 1 })
        await expectBoth(kind, id, 446, [ana, ben])
        await onecount.set(id, eva, true)
        await onecount.set(id, ana, false)
        await expectBoth(kind, id, 446, [ben, eva])

        await rename(kind, to, from)
        await expectBoth(kind, old, 446, [ben, eva])
        await expectGone(id, ben)
      },
    )

    it('that is not to change while it has rows is refused by its key, and nothing has moved', async () => {
      await begin(kind, 'refuses', [from])
      await onecount.set(old, ana, true)
      await onecount.drainer.flush()
      await expect(rename(kind, from, to)).rejects.toMatchObject({ code: '23503' })
      await expectBoth(kind, old, 0, [ana])
      await onecount.set(old, ana, false)
      await onecount.drainer.flush()
      await rename(kind, from, to)
      await expectBoth(kind, id, 0, [])
      expect(await opsOf(kind, id)).toHaveLength(1)
    })

    it('whose rows the application moves itself, before or after, keeps its count', async () => {
      await begin(kind, 'waits', [from])
      await sql.unsafe(`update ${n.counts} set ${n.count} = 7 where ${n.countsId} = '${old}'`)
      for (const session of [ana, ben]) await onecount.set(old, session, true)
      await onecount.drainer.flush()
      const move = (a: string, b: string) =>
        `update ${n.rows} set ${n.target} = '${b}' where ${n.target} = '${a}'`
      await sql.begin(async tx => {
        await rename(kind, from, to, tx)
        await tx.unsafe(move(from, to))
      })
      await expectBoth(kind, id, 7, [ana, ben])
      await sql.begin(async tx => {
        await tx.unsafe(move(to, from))
        await rename(kind, to, from, tx)
      })
      await expectBoth(kind, old, 7, [ana, ben])
      expect(await opsOf(kind, old)).toHaveLength(2)
      await onecount.set(old, ana, false)
      await expectBoth(kind, old, 7, [ben])
    })

    it('while presses are pending of the old id loses those, as a target that is removed, and nothing stops', async () => {
      await begin(kind, 'cascades', [from, other])
      await onecount.set(old, ana, true)
      await onecount.drainer.flush()
      await onecount.set(old, ben, true)
      await onecount.set(old, ana, false)
      await onecount.set(beside, eva, true)
      await rename(kind, from, to)
      await onecount.drainer.flush()
      await expectBoth(kind, id, 0, [ana])
      await expectBoth(kind, beside, 0, [eva])
      await expectGone(old, ben)
      expect(await onecount.health()).toMatchObject({ refused: 0 })
      await expect(onecount.set(old, ben, true)).rejects.toMatchObject({ code: 'post_not_found' })
    })

    it('again and again while people press, ends in the same in both stores', async () => {
      await begin(kind, 'cascades', [from, other])
      const instances = [stores.instance(kind), stores.instance(kind)]
      let isOver = false
      const person = async (session: string, i: number) => {
        for (let k = 0; !isOver; k++)
          for (const target of [old, id, beside])
            await instances[(i + k) % 2]!.set(target, session, k % 2 === 0).catch(
              (error: { code?: string }) => {
                if (error.code !== 'post_not_found') throw error
              },
            )
      }
      await whileDraining(
        instances,
        Promise.all([
          ...[ana, ben, eva].map(person),
          (async () => {
            try {
              // A batch that has waited for a rename, whose target the next rename brings back within milliseconds, may
              // wait with that one in a circle.
              for (let k = 0; k < 20; k++) {
                await againAfterDeadlock(() => rename(kind, from, to))
                await instances[0]!.read([old, id, beside], ana)
                await againAfterDeadlock(() => rename(kind, to, from))
              }
            } finally {
              isOver = true
            }
          })(),
        ]),
      )
      onecount = instances[0]!
      while ((await onecount.drainer.flush()).more);
      const rows = await sql.unsafe(
        `select ${n.post}::text as post, ${n.actor}::text as actor from ${n.rows}`,
      )
      for (const target of [old, beside])
        await expectBoth(
          kind,
          target,
          0,
          rows.filter(({ post }) => post === target).map(({ actor }) => actor as string),
        )
      await expectGone(id, ana)
    })
  },
)

it('several ids in one statement, each of which another one had, keep their counts apart', async () => {
  sql = await stores.begin()
  await sql`alter table article_likes drop constraint article_likes_article_id_fkey`
  await sql`alter table article_likes add foreign key (article_id) references articles on update cascade`
  // In the order in which they are stored: each id is free when a row gets it.
  await sql`insert into articles (id, like_count) values (3, 3), (2, 2), (1, 1)`
  await sql`insert into article_likes (article_id, user_id) values
    (1, ${ANA}), (2, ${ANA}), (2, ${BEN}), (3, ${ANA}), (3, ${BEN}), (3, ${EVA})`
  await sql.unsafe(kindSql(article))
  onecount = stores.instance(article)
  await onecount.drainer.flush()
  await sql`update articles set id = id + 1`
  await expectBoth(article, '2', 0, [ANA])
  await expectBoth(article, '3', 0, [ANA, BEN])
  await expectBoth(article, '4', 0, [ANA, BEN, EVA].sort())
  await expectGone('1', ANA)
})

it('two kinds of one table follow, and a count that is set in the same statement is no less than its rows', async () => {
  sql = await stores.begin(article, mark)
  await sql`alter table article_likes drop constraint article_likes_article_id_fkey`
  await sql`alter table bookmarks drop constraint bookmarks_article_id_fkey`
  await sql`alter table bookmarks add foreign key (article_id) references articles on update cascade`
  await sql`insert into articles (id) values (1)`
  const [likes, marks] = [stores.instance(article), stores.instance(mark)]
  for (const session of [ANA, BEN]) await likes.set('1', session, true)
  await marks.set('1', 'ana', true)
  await likes.drainer.flush()
  await marks.drainer.flush()
  await sql`update articles set id = 2, like_count = 0 where id = 1`
  onecount = likes
  await expectBoth(article, '2', 0, [ANA, BEN])
  onecount = marks
  await expectBoth(mark, '2', 0, ['ana'])
})

it('a table that is partitioned by its id refuses another one, and says what to do', async () => {
  sql = await stores.beginEmpty()
  await sql.unsafe(`
    create table pages (slug text primary key, likes integer not null default 0) partition by hash (slug);
    create table pages_0 partition of pages for values with (modulus 2, remainder 0);
    create table pages_1 partition of pages for values with (modulus 2, remainder 1);
    create table page_likes (
      page text not null references pages on update cascade on delete cascade, who text not null,
      created_at timestamptz not null default now(), primary key (page, who));
    insert into pages (slug) values ('a')`)
  await sql.unsafe(kindSql(slug))
  await sql.unsafe(kindSql(slug))
  await expect(sql`update pages set slug = 'b'`).rejects.toMatchObject({
    message:
      'slug of public.pages cannot be changed: the table is partitioned by it, and the likes would not follow',
    hint: expect.stringContaining(
      'Insert the row anew with its new id and only the likes that have no row, set page of its rows in public.page_likes',
    ),
  })
  await sql`update pages set likes = 7`
})

describe('an actor whose id is changed', () => {
  it('keeps likes under the new one; presses that are pending of the old one are set aside', async () => {
    sql = await stores.begin()
    await sql.unsafe(`create table people (id text primary key);
      alter table page_likes add foreign key (who) references people on update cascade on delete cascade;
      insert into people values ('ana'), ('ben'); insert into pages (slug) values ('a'), ('c')`)
    await sql.unsafe(kindSql(slug))
    onecount = stores.instance(slug)
    for (const session of ['ana', 'ben']) await onecount.set('a', session, true)
    await onecount.drainer.flush()
    await onecount.set('c', 'ana', true)
    await onecount.set('c', 'ben', true)
    await sql`update people set id = 'eva' where id = 'ana'`
    await expectBoth(slug, 'a', 0, ['ben', 'eva'])
    await expectBoth(slug, 'c', 0, ['ben'])
    expect((await onecount.read(['a'], 'ana')).get('a')).toMatchObject({ count: 2, liked: false })
    expect(await onecount.health()).toMatchObject({ refused: 1 })
    await onecount.set('a', 'eva', false)
    await expectBoth(slug, 'a', 0, ['ben'])
  })
})
