import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { postgresJsPort } from 'onecount/postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { StoreRefused } from '../src/core/errors'
import type { PostgresPort } from '../src/core/ports'
import { chainOf } from '../src/testing/postgres/harness'
import { forAllTests } from './support/for-all-tests'
import { createSoundDatabase, type SoundDatabase } from './support/sound-database'

const POSTS = [0, 1, 2, 3].map(i => `70070000-0000-4000-8000-00000000000${i}`)
const [POST] = POSTS as [string]
const T = 1_795_000_000_000_000
const OP = 2 * T + 1

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let database: SoundDatabase
let port: PostgresPort
beforeAll(async () => {
  database = await createSoundDatabase(server, 'refusals')
  port = postgresJsPort(database.sql)
})
afterAll(() => database?.sql.end())
beforeEach(async () => {
  await database.clear()
  await database.addPosts(POSTS.map(id => ({ id, likes: 10 })))
})
const expectSound = () => database.expectSound(10)

describe('a call that Postgres refuses', () => {
  it('of every op refuses the call, which changes nothing', async () => {
    const cut = chainOf(port)
    await cut.drain()
    await port.write([{ postId: POST, sessionId: 'ben', op: OP, liked: true }], T)
    await cut.drain(POSTS.map(postId => ({ postId, sessionId: 'eva', op: OP })))
    await port.write([{ postId: POST, sessionId: 'dan', op: OP, liked: true }], T)
    const before = await port.status(0)
    expect(before).toMatchObject({ unseen: 1 })
    const { ops } = await database.held()
    await database.sql`alter table like_tombstones add constraint none check (post_id is null) not valid`
    try {
      const unlikes = POSTS.map(postId => ({ postId, sessionId: 'ben', op: OP + 1 }))
      await expect(port.sync(cut.batch(unlikes))).rejects.toThrow(StoreRefused)
      const writes = unlikes.map(op => ({ ...op, liked: false }))
      await expect(port.write(writes, T)).rejects.toThrow(StoreRefused)
    } finally {
      await database.sql`alter table like_tombstones drop constraint none`
    }
    expect(await port.status(0)).toEqual(before)
    expect((await expectSound()).ops).toEqual(ops)
  })

  it('of a post that may not be changed any more, does not keep its ops from being told', async () => {
    const cut = chainOf(port)
    await cut.drain()
    await port.write([{ postId: POST, sessionId: 'ben', op: OP, liked: true }], T)
    await database.sql.unsafe(`
      create function archived() returns trigger language plpgsql as
        $$ begin raise exception 'this post is archived'; end $$;
      create trigger archived before update on posts_new for each row when (old.id = '${POST}')
        execute function archived()`)
    try {
      const entries = [POSTS[0]!, POSTS[1]!].map(postId => ({ postId, sessionId: 'ana', op: OP }))
      expect(await cut.drain(entries)).toMatchObject({
        rows: [{ postId: POST, sessionId: 'ben', op: OP }],
        refused: [{ postId: POST, sessionId: 'ana', op: OP, message: 'this post is archived', known: 0 }],
      })
    } finally {
      await database.sql.unsafe('drop trigger archived on posts_new; drop function archived()')
    }
    expect((await expectSound()).sums).toEqual({})
  })
})
