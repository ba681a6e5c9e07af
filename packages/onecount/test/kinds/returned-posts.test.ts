import type { Kind, Onecount } from 'onecount'
import type { Sql } from 'postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { addTarget, beginTables, CASES, refer } from '../support/kind-cases'
import { startKindStores } from '../support/kind-stores'
import { namesOf } from '../support/kinds'

const stores = forAllTests(startKindStores)
let sql: Sql
let onecount: Onecount

const flush = async () => {
  while ((await onecount.drainer.flush()).more);
}

/** What Postgres has, and what each session is shown of Redis: the same count, and its heart. */
async function expectShown(kind: Kind, id: string, count: number, hearts: Record<string, boolean>) {
  const n = namesOf(kind)
  const [row] = await sql.unsafe(
    `select ${n.count}::int as count from ${n.counts} where ${n.countsId}::text = $1`,
    [id],
  )
  expect(row).toEqual({ count })
  // A process remembers for a second that an id is none.
  for (const [session, liked] of Object.entries(hearts))
    await expect
      .poll(async () => (await onecount.read([id], session)).get(id), { timeout: 5000 })
      .toMatchObject({ source: 'redis', count: kind.isPrivate ? null : count, liked })
  expect(await onecount.health()).toMatchObject({ pending: 0, unseen: 0 })
}

describe.each(Object.values(CASES))(
  'a target of the kind $kind.name that is deleted and inserted again',
  ({ kind, from, to, other, of, ana, ben }) => {
    const n = namesOf(kind)
    const [id, beside] = [of(from), of(other)]
    const remove = (on: Pick<Sql, 'unsafe'> = sql) =>
      on.unsafe(`delete from ${n.content} where ${n.id} = '${from}'`)

    beforeEach(async () => {
      sql = await beginTables(stores, kind)
      for (const target of [from, other]) await addTarget(sql, kind, target)
      onecount = stores.instance(kind)
      for (const session of [ana, ben]) await onecount.set(id, session, true)
      await onecount.set(beside, ana, true)
      await flush()
      await expectShown(kind, id, 2, { [ana]: true, [ben]: true })
    })

    /** Of the new one nobody has pressed the heart, and presses count from there. */
    async function expectNew(): Promise<void> {
      await flush()
      await expectShown(kind, id, 0, { [ana]: false, [ben]: false })
      await expectShown(kind, beside, 1, { [ana]: true, [ben]: false })
      // A heart of before, in a tab that nobody has reloaded.
      expect(await onecount.set(id, ben, false)).toMatchObject({ liked: false })
      const pressed = await onecount.set(id, ana, true)
      expect(pressed).toMatchObject({ liked: true, count: kind.isPrivate ? null : 1 })
      await flush()
      await expectShown(kind, id, 1, { [ana]: true, [ben]: false })
    }

    it('in one transaction', async () => {
      await sql.begin(async tx => {
        await remove(tx)
        await addTarget(tx, kind, from)
      })
      await expectNew()
    })

    it('after Redis was told that it is gone', async () => {
      await remove()
      await flush()
      await addTarget(sql, kind, from)
      await expectNew()
    })

    it('after it was removed through the engine', async () => {
      await onecount.removePost(id)
      await addTarget(sql, kind, from)
      await expectNew()
    })

    it('with likes set by hand before it was deleted, and after it is there again', async () => {
      await sql.unsafe(`update ${n.counts} set ${n.count} = 446 where ${n.countsId}::text = '${id}'`)
      await remove()
      await addTarget(sql, kind, from)
      await sql.unsafe(`update ${n.counts} set ${n.count} = 446 where ${n.countsId}::text = '${id}'`)
      await flush()
      await expectShown(kind, id, 446, { [ana]: false, [ben]: false })
      await onecount.set(id, ana, true)
      await flush()
      await expectShown(kind, id, 447, { [ana]: true, [ben]: false })
    })

    it('when its id was free because the one before has another', async () => {
      await refer(sql, kind, 'on update cascade')
      await sql.unsafe(`update ${n.content} set ${n.id} = '${to}' where ${n.id} = '${from}'`)
      await addTarget(sql, kind, from)
      await expectNew()
      await expectShown(kind, of(to), 2, { [ana]: true, [ben]: true })
    })
  },
)
