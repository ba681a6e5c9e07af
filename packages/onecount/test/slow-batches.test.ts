import { createOnecount } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connect } from './support/databases'
import { type Stores, startStores } from './support/stores'

const POSTS = Array.from({ length: 8 }, (_, i) => ({
  id: `50050001-aaaa-bbbb-cccc-ddddeeee000${i}`,
  base: 10,
}))
const [LOCKED] = POSTS as [(typeof POSTS)[0]]

let stores: Stores
/** The engine's own connection, so that a test never cancels a query of its own. */
let sql: Sql
beforeAll(async () => {
  stores = await startStores()
  sql = connect(stores.databaseUrl)
})
afterAll(async () => {
  await sql.end({ timeout: 1 })
  await stores.stop()
})
beforeEach(() => stores.begin(POSTS))

/** An engine whose calls to Postgres have this long, milliseconds. */
const instance = (timeoutMs: number) => {
  const { redis } = stores.ports()
  return createOnecount({ redis, postgres: postgresJsPort(sql, { timeoutMs }), log: { warn() {} } })
}
const rows = async () => Number((await stores.sql`select count(*) as n from post_ratings`)[0]!.n)

/** Drains as the loop does: again after a failure. */
async function drainUntil(
  onecount: ReturnType<typeof instance>,
  done: () => Promise<boolean>,
): Promise<void> {
  for (let i = 0; i < 40 && !(await done()); i++)
    await onecount.drainer.flush({ budgetMs: 100 }).catch(() => {})
  expect(await done()).toBe(true)
}

describe('a batch that Postgres does not apply in time, while it answers', () => {
  it('is made smaller until Postgres applies it, where each row is slow', async () => {
    const onecount = instance(1000)
    await onecount.drainer.flush()
    await stores.sql.unsafe(`
      create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.01); return new; end $$;
      create trigger slow before insert on post_ratings for each row execute function slow()`)
    try {
      for (let i = 0; i < 240; i++) await onecount.set(POSTS[i % 8]!.id, `s-${i}`, true)
      await drainUntil(onecount, async () => (await onecount.health()).pending === 0)
    } finally {
      await stores.sql.unsafe('drop function slow cascade')
    }
    expect(await rows()).toBe(240)
    expect(await onecount.health()).toMatchObject({ refused: 0, unseen: 0 })
    await onecount.read(POSTS.map(post => post.id))
    for (const post of POSTS) expect((await stores.compare(post)).redis.count).toBe(post.base + 30)
  })

  it.each([
    ['waits for', ''],
    ['fails for', "set lock_timeout = '50ms'"],
  ])('leaves out a post whose lock it %s, and the others land', async (_, setting) => {
    const onecount = instance(400)
    await onecount.drainer.flush()
    for (const { id } of POSTS) await onecount.set(id, 'ana', true)
    if (setting) await stores.sql.unsafe(`alter function onecount_lock ${setting}`)
    await stores.sql.begin(async other => {
      await other`select from posts_new where id = ${LOCKED.id} for update`
      await drainUntil(onecount, async () => (await rows()) === POSTS.length - 1)
      expect(await onecount.health()).toMatchObject({ pending: 1, refused: 0 })
    })
    if (setting) await stores.sql.unsafe('alter function onecount_lock reset lock_timeout')
    await drainUntil(onecount, async () => (await onecount.health()).pending === 0)
    expect(await rows()).toBe(POSTS.length)
    expect(await stores.sql`select id from posts_new where likes <> 11`).toEqual([])
  })
})
