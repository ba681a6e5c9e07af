import type { Kind, Onecount } from 'onecount'
import type { ReservedSql, Sql } from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { addTarget, beginTables, CASES } from '../support/kind-cases'
import { startKindStores } from '../support/kind-stores'
import { namesOf } from '../support/kinds'

const stores = forAllTests(startKindStores)
let sql: Sql
let onecount: Onecount
let sessions: ReservedSql[]

/** The transaction that has this lock stops the statements that fire `stop`. */
const GATE = 77

afterEach(async () => {
  for (const session of sessions.splice(0)) {
    await session`rollback`
    session.release()
  }
})

/** A connection of the application; of two that wait for each other PostgreSQL ends this one. */
async function connection(): Promise<ReservedSql> {
  const session = await sql.reserve()
  sessions.push(session)
  await session`set deadlock_timeout = '50ms'`
  return session
}

const waiting = async () =>
  (await sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
    .length

const deadlocks = async () =>
  (
    await sql`select deadlocks::int as n, pg_stat_clear_snapshot() from pg_stat_database
      where datname = current_database()`
  )[0]!.n

/** Stops what fires the trigger; answers what lets it go on. */
async function closeGate(event: string): Promise<() => PromiseLike<unknown>> {
  await sql.unsafe(`
    create function stop() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock_shared(${GATE}); return coalesce(new, old); end $$;
    create trigger stop before ${event} for each row execute function stop()`)
  const holder = await connection()
  await holder`begin`
  await holder`select pg_advisory_xact_lock(${GATE})`
  return () => holder`commit`
}

const flush = async () => {
  while ((await onecount.drainer.flush()).more);
  expect(await onecount.health()).toMatchObject({ pending: 0, unseen: 0 })
}

/** What a new process shows of it; one that has read it before remembers for a second that an id is none. */
const expectShown = (kind: Kind, id: string, session: string, count: number) => {
  const reader = stores.instance(kind)
  return expect
    .poll(async () => (await reader.read([id], session)).get(id), { timeout: 5000 })
    .toMatchObject({ source: 'redis', count: kind.isPrivate ? null : count })
}

async function expectGone(kind: Kind, id: string, session: string): Promise<void> {
  const reader = stores.instance(kind)
  await expect.poll(async () => (await reader.read([id], session)).get(id)).toBeUndefined()
  expect(await stores.redis.keys(`*post:*:${id}`)).toEqual([])
}

describe.each(Object.values(CASES))(
  'a target of the kind $kind.name that is deleted beside a drain',
  ({ kind, from, to, other, of, ana, ben, eva }) => {
    const n = namesOf(kind)
    const id = of(from)
    /** In the order in which a drain locks them. */
    const [low, high] = [of(to), of(other)].sort() as [string, string]
    const functions = kind.isDefault ? 'public.onecount_' : n.own
    const remove = (on: Pick<Sql, 'unsafe'> = sql) =>
      on.unsafe(`delete from ${n.content} where ${n.id} = '${from}'`)
    const setLikes = (on: Pick<Sql, 'unsafe'>, post: string, likes: string) =>
      on.unsafe(`update ${n.counts} set ${n.count} = ${likes} where ${n.countsId}::text = '${post}'`)
    /** A press that Postgres takes, as while Redis is away: a row of the log. */
    const pressInPostgres = (sessionId: string) =>
      onecount.stores.postgres.write([{ postId: id, sessionId, op: null, liked: true }], Date.now() * 1000)
    /** Of each row of the log whether a batch has told it. */
    const told = async () => {
      const rows = await sql.unsafe(
        `select nonce is not null as told from ${n.own}log where post_id::text = $1 order by id`,
        [id],
      )
      return rows.map(row => row.told)
    }

    beforeEach(async () => {
      sessions = []
      sql = await beginTables(stores, kind)
      for (const target of [from, to, other]) await addTarget(sql, kind, target)
      onecount = stores.instance(kind)
      await onecount.set(id, ana, true)
      await flush()
    })

    it('is deleted while the drain waits for it', async () => {
      await pressInPostgres(ben)
      await onecount.drainer.tick()
      expect(await told()).toEqual([true])
      await onecount.set(id, eva, true)
      const letGo = await closeGate(`delete on ${n.rows}`)
      const removed = remove(await connection()).then(() => 'deleted')
      await expect.poll(waiting).toBe(1)
      const drained = onecount.drainer.tick()
      await expect.poll(waiting).toBe(2)
      await letGo()
      expect(await removed).toBe('deleted')
      expect(await drained).toMatchObject({ outcome: 'drained', drained: 1 })
      expect(await deadlocks()).toBe(0)
      await flush()
      await expectGone(kind, id, ana)
    })

    /** A drain stands in its merge, and has given its batch the note that the target of before is gone. */
    async function tellingThatItIsGone() {
      await onecount.read([low], ben)
      await remove()
      await onecount.set(low, ben, true)
      const letGo = await closeGate(`insert on ${n.rows}`)
      const drained = onecount.drainer.tick()
      await expect.poll(waiting).toBe(1)
      await addTarget(sql, kind, from)
      return { letGo, drained }
    }

    it('is gone for Redis when it came and went while the drain told that the one before is gone', async () => {
      const { letGo, drained } = await tellingThatItIsGone()
      const application = await connection()
      await application`begin`
      await remove(application)
      await letGo()
      expect(await drained).toMatchObject({ outcome: 'drained', drained: 1 })
      await expectShown(kind, id, ana, 0)
      await application`commit`
      await flush()
      await expectGone(kind, id, ana)
      await expectShown(kind, low, ben, 1)
    })

    it('stays when that deletion is undone', async () => {
      const { letGo, drained } = await tellingThatItIsGone()
      const application = await connection()
      await application`begin`
      await remove(application)
      await letGo()
      await drained
      await application`rollback`
      expect(await told()).toEqual([true])
      await flush()
      await expectShown(kind, id, ana, 0)
      await onecount.set(id, eva, true)
      await flush()
      await expectShown(kind, id, eva, 1)
    })

    it('is gone once and for all when the drain is undone and both notes are told', async () => {
      const { letGo, drained } = await tellingThatItIsGone()
      await remove()
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`
      await drained.catch(() => {})
      await letGo()
      expect(await told()).toEqual([false, false])
      await addTarget(sql, kind, from)
      await flush()
      await expectShown(kind, id, ana, 0)
      await onecount.set(id, ana, true)
      await flush()
      await expectShown(kind, id, ana, 1)
    })

    /**
     * A drain has read the note that the target is gone, holds the first post of its batch, and waits for the second one.
     * Then the target is there again.
     */
    async function waitingWithItsNote() {
      for (const post of [low, high]) await onecount.set(post, ben, true)
      await remove()
      const holder = await connection()
      await holder`begin`
      await holder.unsafe(`select from ${n.counts} where ${n.countsId}::text = '${high}' for update`)
      const drained = onecount.drainer.tick()
      await expect.poll(waiting).toBe(1)
      await addTarget(sql, kind, from)
      return { letGo: () => holder`commit`, drained }
    }

    it('is told again when its likes are set before the drain tells that the one before is gone', async () => {
      const { letGo, drained } = await waitingWithItsNote()
      const application = await connection()
      await application`begin`
      await setLikes(application, id, '7')
      await letGo()
      expect(await drained).toMatchObject({ outcome: 'drained', drained: 2 })
      await stores.instance(kind).read([id], ana)
      await application`commit`
      await flush()
      await expectShown(kind, id, ana, 7)
    })

    it.each([
      ['was deleted', remove],
      ['got likes', (on: Pick<Sql, 'unsafe'>) => setLikes(on, id, '7')],
    ])('holds up no drain when it %s by a transaction that waits for the drain', async (_, change) => {
      const { letGo, drained } = await waitingWithItsNote()
      const application = await connection()
      await application`begin`
      await change(application)
      const both = setLikes(application, low, `${n.count} + 1`).then(() => application`commit`)
      await expect.poll(waiting).toBe(2)
      await letGo()
      expect(await drained).toMatchObject({ outcome: 'drained', drained: 2 })
      await both
      expect(await deadlocks()).toBe(0)
      await flush()
      await expectShown(kind, low, ben, 2)
      if (change === remove) await expectGone(kind, id, ana)
      else await expectShown(kind, id, ana, 7)
    })

    it('is deleted while the number of partitions changes', async () => {
      await pressInPostgres(ben)
      const letGo = await closeGate(`delete on ${n.own}log`)
      const removed = remove(await connection()).then(() => 'deleted')
      await expect.poll(waiting).toBe(1)
      const partitions = sql.unsafe(`select ${functions}set_partitions(2)`).then(() => 'changed')
      await expect.poll(waiting).toBe(2)
      await letGo()
      expect(await Promise.all([removed, partitions])).toEqual(['deleted', 'changed'])
      // The row of the press went with it.
      expect(await told()).toEqual([false])
      expect(await sql.unsafe(`select from ${n.own}log_sums`)).toHaveLength(0)
    })
  },
)
