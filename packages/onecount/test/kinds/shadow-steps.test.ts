import { randomUUID } from 'node:crypto'
import { createKeys, createOnecount, type Onecount, type PostgresPort, type RedisPort } from 'onecount'
import { kindSql, postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterEach, describe, expect, it } from 'vitest'
import { connect } from '../support/databases'
import { againAfterDeadlock } from '../support/deadlock'
import { forAllTests } from '../support/for-all-tests'
import { startKindStores } from '../support/kind-stores'
import { article as kind, SCHEMA } from '../support/kinds'
import { PATIENT_MS } from '../support/stores'

const stores = forAllTests(startKindStores)
const keys = createKeys('', kind.keyPrefix)

/** Letters of an order between the first press and the last one, at most. */
const MOST_BETWEEN = 4

/** An application in shadow mode, with some articles, whose Redis has drained before. */
async function begin(articles: string[]) {
  const sql = await stores.beginEmpty({ max: 16 })
  await sql.unsafe(SCHEMA)
  await sql.unsafe(kindSql(kind, { shadow: true }))
  await sql`insert into articles (id) select unnest(${articles}::bigint[])`
  const engine = stores.instance(kind)
  await engine.drainer.flush()
  return { sql, engine }
}

/**
 * A drain that goes step by step: it collects a batch, Postgres applies it, Redis settles it. One that is left in the
 * middle is one whose process was killed there.
 */
function createSteps(ports: { redis: RedisPort; postgres: PostgresPort }) {
  let arrive = () => {}
  let go = () => {}
  let tick: Promise<unknown> | undefined
  async function atGate<T>(run: () => Promise<T>): Promise<T> {
    await new Promise<void>(resolve => {
      go = resolve
      arrive()
    })
    return run()
  }
  const { drainer } = createOnecount({
    redis: {
      run: (script, ...of) => {
        const run = () => ports.redis.run(script, ...of)
        return script === 'settle' ? atGate(run) : run()
      },
    },
    postgres: new Proxy(ports.postgres, {
      get: (target, name: keyof PostgresPort) =>
        name === 'sync'
          ? (batch: Parameters<PostgresPort['sync']>[0]) => atGate(() => target.sync(batch))
          : target[name],
    }),
    log: { warn() {} },
  })
  return async function step(): Promise<void> {
    const arrived = new Promise<void>(resolve => {
      arrive = resolve
    })
    if (tick) go()
    tick ??= drainer.tick().finally(() => {
      tick = undefined
      arrive()
    })
    await Promise.race([arrived, tick])
  }
}

/** Whether old code has changed a row. */
async function byOldCode(sql: Sql, article: string, user: string, liked: boolean): Promise<boolean> {
  const rows = liked
    ? await sql`insert into article_likes (article_id, user_id) values (${article}, ${user})
                on conflict do nothing returning 1`
    : await sql`delete from article_likes where article_id = ${article} and user_id = ${user} returning 1`
  return rows.length > 0
}

async function likersInTables(sql: Sql, article: string): Promise<string[]> {
  const rows = await sql`select user_id from article_likes where article_id = ${article} order by user_id`
  return rows.map(row => row.user_id)
}

/** Waits, so that no person presses twice in one millisecond, the unit of a server's clock. */
async function nextMillisecond(): Promise<void> {
  const now = Date.now()
  while (Date.now() === now) await new Promise(resolve => setImmediate(resolve))
}

interface Wanted {
  sql: Sql
  engine: Onecount
  article: string
  wishes: Map<string, boolean>
  order?: string
}

/** What everybody sees of an article, once all is drained, is what its people wanted last. */
async function expectWanted({ sql, engine, article, wishes, order }: Wanted): Promise<void> {
  await engine.drainer.flush()
  const likers = [...wishes.keys()].filter(user => wishes.get(user)).sort()
  expect(await likersInTables(sql, article), order).toEqual(likers)
  expect((await stores.redis.smembers(keys.liked(article))).sort(), order).toEqual(likers)
  expect(await stores.redis.get(keys.likes(article)), order).toBe(String(likers.length))
  const [row] = await sql`select like_count from articles where id = ${article}`
  expect(row!.like_count, order).toBe(likers.length)
  await Promise.all(
    [...wishes].map(async ([user, liked]) => {
      const state = (await engine.read([article], user)).get(article)
      expect(state, order).toMatchObject({ count: likers.length, liked, source: 'redis' })
      expect(await stores.redis.sismember(keys.sessions(user), article), order).toBe(liked ? 1 : 0)
    }),
  )
}

/**
 * Presses (P), steps of the drain (D) and deaths of it (K) in every order, with so many between the first press and the
 * last one.
 */
function ordersOf(length: number): string[] {
  const orders: string[] = []
  function add(order: string, presses: number, step: number): void {
    if (order.length > length) {
      orders.push(`${order}P`)
      return
    }
    if (presses < 3) add(`${order}P`, presses + 1, step)
    add(`${order}D`, presses, (step + 1) % 3)
    // It dies with something in flight.
    if (step > 0) add(`${order}K`, presses, 0)
  }
  add('P', 1, 0)
  return orders
}

interface Person {
  userId: string
  /** Through which code each of the presses goes. */
  ways: ('engine' | 'tables')[]
}

/** People who press through either code in every order. */
function peopleOf(order: string): Person[] {
  const presses = order.split('P').length - 1
  return Array.from({ length: 2 ** presses }, (_, n) => ({
    userId: randomUUID(),
    ways: Array.from({ length: presses }, (_, i) => (n & (1 << i) ? 'engine' : 'tables')),
  }))
}

it('both codes show every press of either of them, in every order, wherever the drain dies', async () => {
  const orders = Array.from({ length: MOST_BETWEEN + 1 }, (_, length) => ordersOf(length)).flat()
  const { sql, engine } = await begin(orders.map((_, n) => String(n + 1)))
  const ports = stores.ports(kind)
  let pressed = 0

  async function follow(order: string, article: string): Promise<void> {
    // One half of them likes it already.
    const [likers, others] = [peopleOf(order), peopleOf(order)]
    const wishes = new Map([...likers, ...others].map(({ userId }, i) => [userId, i < likers.length]))
    await sql`
      insert into article_likes (article_id, user_id)
      select ${article}, unnest(${likers.map(({ userId }) => userId)}::uuid[])`
    await engine.drainer.flush()

    async function press({ userId, ways }: Person, i: number): Promise<void> {
      const wanted = !wishes.get(userId)
      if (ways[i] === 'engine') {
        await engine.set(article, userId, wanted)
      } else {
        // Pressed by the state on the screen, which may be older than the last presses through the engine.
        if ((await likersInTables(sql, article)).includes(userId) === wanted) return
        expect(await byOldCode(sql, article, userId, wanted), order).toBe(true)
      }
      wishes.set(userId, wanted)
      pressed++
    }

    let step = createSteps(ports)
    let presses = 0
    for (const letter of order) {
      if (letter === 'P') {
        await nextMillisecond()
        const i = presses++
        await Promise.all([...likers, ...others].map(person => press(person, i)))
      }
      if (letter === 'D') await step()
      if (letter === 'K') step = createSteps(ports)
    }
    await expectWanted({ sql, engine, article, wishes, order })
  }

  for (const [n, order] of orders.entries()) await follow(order, String(n + 1))
  expect(pressed).toBeGreaterThan(orders.length)
})

const [ARTICLE, OTHER] = ['1', '2'] as const
/** What the drain has in flight: the person's last press, or the one before it, which the last one takes back. */
const IN_FLIGHT = ['the last press', 'the press before it'] as const
/** When old code changes the row. Where the batch has locked the article by then, and not the row, both wait in a circle. */
const MOMENTS = ['before the batch', 'beside the batch', 'beside the batch, which gives way'] as const
/** After so long PostgreSQL looks whether who waits does so in a circle, and ends that one, milliseconds. */
const [SOON, LATE] = [200, 5000] as const

const connections: Sql[] = []
afterEach(() => Promise.all(connections.splice(0).map(connection => connection.end({ timeout: 2 }))))

function connectWith(deadlockTimeout: number): Sql {
  const connection = connect(stores.databaseUrl, {
    max: 1,
    connection: { deadlock_timeout: deadlockTimeout },
  })
  connections.push(connection)
  return connection
}

/**
 * A person has pressed twice through the engine, which leaves the pair as it was; a batch is in flight, with the press of
 * another person on an article that is locked later.
 */
async function pressTwice(isLiked: boolean, inFlight: (typeof IN_FLIGHT)[number], drainsPatiently = true) {
  const { sql, engine } = await begin([ARTICLE, OTHER])
  const [ana, ben] = [randomUUID(), randomUUID()]
  if (isLiked) await byOldCode(sql, ARTICLE, ana, true)
  await engine.drainer.flush()
  const drainer = connectWith(drainsPatiently ? LATE : SOON)
  const postgres = postgresJsPort(drainer, { kind, timeoutMs: PATIENT_MS })
  const step = createSteps({ redis: stores.redisPort(), postgres })

  await engine.set(OTHER, ben, true)
  await nextMillisecond()
  await engine.set(ARTICLE, ana, !isLiked)
  if (inFlight === 'the press before it') await step()
  await nextMillisecond()
  await engine.set(ARTICLE, ana, isLiked)
  if (inFlight === 'the last press') await step()
  await nextMillisecond()
  return { sql, engine, step, ana, ben }
}

describe.each(IN_FLIGHT)('old code changes a row while a batch with %s is in flight', inFlight => {
  it.each(
    MOMENTS.flatMap(moment =>
      [true, false].flatMap(isLiked => [true, false].map(dies => ({ moment, isLiked, dies }))),
    ),
  )('$moment (liked: $isLiked, the drain dies: $dies)', async ({ moment, isLiked, dies }) => {
    const givesWay = moment === 'beside the batch, which gives way'
    const { sql, engine, step, ana, ben } = await pressTwice(isLiked, inFlight, !givesWay)
    const [oldCode, blocker] = [connectWith(givesWay ? LATE : SOON), connectWith(LATE)]
    const change = () => byOldCode(oldCode, ARTICLE, ana, !isLiked)
    const waiting = async () =>
      (
        await sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      ).length

    async function beginBefore() {
      await oldCode.unsafe('begin')
      const isChanged = await change()
      const drained = step()
      await expect.poll(waiting).toBe(1)
      await oldCode.unsafe('commit')
      await drained
      return isChanged
    }
    async function beginBeside() {
      await blocker.unsafe(`begin; select from articles where id = ${OTHER} for update`)
      const drained = step().catch(error =>
        expect(error).toMatchObject({ store: 'postgres', isUndone: true }),
      )
      await expect.poll(waiting).toBe(1)
      const changing = againAfterDeadlock(change)
      await expect.poll(waiting).toBe(2)
      await blocker.unsafe('commit')
      const [isChanged] = await Promise.all([changing, drained])
      return isChanged
    }
    const isChanged = moment === 'before the batch' ? await beginBefore() : await beginBeside()
    if (!dies) await step()

    // Only the press before it brings or takes a row: where it has, old code finds nothing to change.
    if (inFlight === 'the last press' || moment === 'before the batch') expect(isChanged).toBe(true)
    const wishes = new Map([[ana, isChanged ? !isLiked : isLiked]])
    await expectWanted({ sql, engine, article: ARTICLE, wishes })
    await expectWanted({ sql, engine, article: OTHER, wishes: new Map([[ben, true]]) })
  })
})

it.each([true, false])(
  'old code that finds no row to change has changed nothing (liked: %s)',
  async isLiked => {
    const { sql, engine, step, ana } = await pressTwice(isLiked, 'the press before it')
    // On the screen it is as the last press left it, by chance.
    expect((await likersInTables(sql, ARTICLE)).includes(ana)).toBe(isLiked)
    await step()
    expect(await byOldCode(sql, ARTICLE, ana, !isLiked)).toBe(false)
    await expectWanted({ sql, engine, article: ARTICLE, wishes: new Map([[ana, isLiked]]) })
  },
)
