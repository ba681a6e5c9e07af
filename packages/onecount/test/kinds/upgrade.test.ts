import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createKeys, type Kind, variantId } from 'onecount'
import { kindSql } from 'onecount/postgres'
import { describe, expect, it } from 'vitest'
import { checkKind } from '../../src/cli/doctor/postgres'
import { verifyAll } from '../../src/compare/verify'
import { createCrowd } from '../support/crowd'
import { forAllTests } from '../support/for-all-tests'
import { startKindStores } from '../support/kind-stores'
import { article, namesOf, reaction, uuidOf } from '../support/kinds'
import { seeded } from '../support/random'

const FIXTURES = join(import.meta.dirname, '../fixtures')
const before = ({ name }: Kind) => readFile(join(FIXTURES, `kind-${name}-before-renames.sql`), 'utf8')

const COMMENTS = [1, 2, 3].map(n => `50050001-aaaa-bbbb-cccc-ddddeeee000${n}`)
const CASES = [
  {
    kind: article,
    // More than a number of JavaScript holds.
    targets: ['1', '2', '9007199254740993'],
    of: (target: string) => target,
    other: '-7',
    base: 40,
    actor: uuidOf,
  },
  {
    kind: reaction,
    targets: COMMENTS,
    of: (target: string) => variantId(target, '🎉'),
    other: '50050001-aaaa-bbbb-cccc-ddddeeee0007',
    // Variants have counts of their own, which begin with the rows.
    base: 0,
    actor: (name: string) => name,
  },
]

const stores = forAllTests(startKindStores)

describe.each(CASES)('a database of an earlier migration of the kind $kind.name', of => {
  const { kind, targets, other, base, actor } = of
  const n = namesOf(kind)
  const ids = targets.map(of.of)
  /** People press the others. */
  const quiet = ids.at(-1)!
  const [early, gone, byHand, barred] = ['early', 'gone', 'byhand', 'barred'].map(actor) as [
    string,
    string,
    string,
    string,
  ]
  const people = Array.from({ length: 12 }, (_, i) => actor(`person${i}`))

  it('moves to the present one while people like, and loses nothing', () =>
    seeded(async random => {
      const sql = await stores.begin()
      const has = async (name: string) =>
        (await sql`select to_regproc(${`${n.own}${name}`}) is not null as has`)[0]!.has
      const insert = (id: string, who: string) =>
        sql.unsafe(`insert into ${n.rows} (${n.columns}) values (${n.pair(id, who)})`)
      const deleteRow = (id: string, who: string) =>
        sql.unsafe(`delete from ${n.rows} where ${n.post}::text = $1 and ${n.actor}::text = $2`, [id, who])
      for (const target of targets)
        await sql.unsafe(`insert into ${n.content} (${n.id}) values ('${target}')`)
      // Likes of before onecount, one row each; those of which there was no row count too.
      for (const id of ids) await insert(id, early)
      if (base > 0) await sql.unsafe(`update ${n.content} set ${n.count} = ${base + 1}`)
      await sql.unsafe(await before(kind))
      expect(await has('drain')).toBe(true)
      expect(await has('renamed')).toBe(false)

      const [one, two] = [stores.instance(kind), stores.instance(kind)] as const
      const pressed = ids.filter(id => id !== quiet).map(id => ({ id, base: base + 1 }))
      const crowd = createCrowd(random, pressed, people)
      await one.hydrateAll()
      await crowd.press([one, two], 12)
      await one.drainer.flush()
      // Tombstones, the log, an op that is set aside, and edits by hand that Redis was not told of.
      await one.set(quiet, gone, true)
      await one.drainer.flush()
      await one.set(quiet, gone, false)
      await one.drainer.flush()
      await sql.unsafe(`
        create function barred() returns trigger language plpgsql as
          $$ begin raise exception 'barred'; end $$;
        create trigger barred before insert on ${n.rows} for each row when (new.${n.actor} = '${barred}')
          execute function barred()`)
      await one.set(quiet, barred, true)
      await one.drainer.flush()
      const refused = async () =>
        Number((await sql.unsafe(`select count(*) as n from ${n.own}refused`))[0]!.n)
      expect(await refused()).toBe(1)
      await insert(quiet, byHand)
      await deleteRow(quiet, early)
      await crowd.press([one, two], 6)
      expect((await one.health()).pending).toBeGreaterThan(0)

      for (const { drainer } of [one, two]) drainer.start()
      const pressing = crowd.press([one, two], 12)
      await Promise.all([sql.unsafe(kindSql(kind)), stores.sql.unsafe(kindSql(kind))])
      await pressing
      await crowd.press([one, two], 4)
      await Promise.all([one, two].map(({ drainer }) => drainer.stop()))
      while ((await one.drainer.flush()).more);

      expect(await has('renamed')).toBe(true)
      expect(crowd.presses()).toBeGreaterThan(people.length * 20)
      const { liked } = createKeys('', kind.keyPrefix)
      for (const id of ids) {
        const members = [...crowd.expectedMembers(id), id === quiet ? byHand : early].sort()
        const rows = await sql.unsafe(
          `select ${n.actor}::text as who from ${n.rows} where ${n.post}::text = $1`,
          [id],
        )
        expect(rows.map(({ who }) => who).sort(), id).toEqual(members)
        const [row] = await sql.unsafe(
          `select ${n.count}::int as count from ${n.counts} where ${n.countsId}::text = $1`,
          [id],
        )
        expect(row!.count, id).toBe(base + members.length)
        expect((await two.read([id], people[0]!)).get(id), id).toMatchObject({
          source: 'redis',
          count: base + members.length,
        })
        expect((await stores.redis.smembers(liked(id))).sort(), id).toEqual(members)
      }
      expect(await verifyAll(one)).toMatchObject({ differences: 0 })
      expect(await refused()).toBe(1)
      expect(await one.health()).toMatchObject({ pending: 0, unseen: 0 })
      const notOk = (await checkKind(sql, kind)).filter(({ verdict }) => verdict !== 'ok')
      expect(notOk.map(({ check, found }) => `${check}: ${found}`)).toEqual([
        ...(kind.target.count === null ? [] : [expect.stringMatching(/^width of likes: /)]),
      ])

      // What came since works on what was there before.
      await sql.unsafe(`delete from ${n.rows} where ${n.target} = '${targets.at(-1)}'`)
      await one.set(quiet, early, true)
      await one.drainer.flush()
      await deferKeys()
      await sql.unsafe(`update ${n.content} set ${n.id} = '${other}' where ${n.id} = '${targets.at(-1)}'`)
      while ((await one.drainer.flush()).more);
      const renamed = of.of(other)
      expect((await one.read([renamed], early)).get(renamed)).toMatchObject({ count: base + 1, liked: true })

      /** So that an id with rows can be changed at all. */
      async function deferKeys(): Promise<void> {
        const keys = await sql`select conname as name from pg_constraint
          where contype = 'f' and conrelid = ${n.rows}::regclass and confrelid = ${n.content}::regclass`
        for (const { name } of keys)
          await sql.unsafe(`alter table ${n.rows} alter constraint ${name} deferrable initially deferred`)
      }
    }))
})
