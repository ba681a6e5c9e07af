import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgresServer } from '@/dev/services/postgres-server'
import { StoreRefused } from '../../src/core/errors'
import { connect } from '../../test/support/databases'
import type { PostgresPort } from '../core/ports'
import { createCut } from './drain-helper'
import { postgresJsPort } from './drivers'
import { createNextDatabase, type NextDatabase } from './test-database'

const POSTS = [0, 1, 2, 3].map(i => `70070000-0000-4000-8000-00000000000${i}`)
const [POST] = POSTS as [string]
const T = 1_795_000_000_000_000
const OP = 2 * T + 1

let server: PostgresServer
let database: NextDatabase
let port: PostgresPort
beforeAll(async () => {
  server = await startPostgresServer({ fsync: false })
  database = await createNextDatabase(server, 'refusals')
  port = postgresJsPort(database.sql)
})
afterAll(async () => {
  await database?.sql.end()
  await server.stop()
})
beforeEach(async () => {
  await database.clear()
  await database.addPosts(POSTS.map(id => ({ id, likes: 10 })))
})
const expectSound = () => database.expectSound(10)

describe('what Postgres refuses', () => {
  it('of every op refuses the call, which changes nothing', async () => {
    const cut = createCut(port)
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
    const cut = createCut(port)
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

  it('is answered again as of the cut, whatever has been pressed since', async () => {
    const cut = createCut(port)
    await cut.drain()
    await database.sql`alter table post_ratings add constraint not_ana check (session_id <> 'ana') not valid`
    try {
      const batch = cut.batch([
        { postId: POST, sessionId: 'ana', op: OP },
        { postId: POST, sessionId: 'ben', op: OP },
      ])
      const first = await port.sync(batch)
      expect(first).toMatchObject({ refused: [{ sessionId: 'ana', op: OP, known: 0 }] })
      await port.write([{ postId: POST, sessionId: 'ana', op: OP + 1, liked: false }], T)
      await port.write([{ postId: POST, sessionId: 'eva', op: OP, liked: true }], T)
      expect(await port.sync(batch)).toEqual(first)
    } finally {
      await database.sql`alter table post_ratings drop constraint not_ana`
    }
  })
})

describe('a database', () => {
  it('without a batch yet has no receipt, and reading makes none', async () => {
    const query = { partition: 7, postIds: [], sessionId: 'ana', pairs: [], most: 10 }
    expect(await port.snapshot(query)).toEqual({
      receipt: '',
      posts: [],
      session: { extent: 'all', ops: [] },
    })
    expect(await port.status(7)).toEqual({ receipt: null, owner: null, unseen: 0, refused: 0 })
  })

  it('lets nobody but the server call the functions or read the log', async () => {
    const open = await database.sql`
      select r.role, p.oid::regprocedure::text as name from pg_proc p, unnest(array['anon', 'authenticated']) r (role)
       where p.proname like 'onecount%' and has_function_privilege(r.role, p.oid, 'execute')
      union all
      select r.role, t.name from unnest(array['like_log', 'like_log_sums', 'like_settings']) t (name),
             unnest(array['anon', 'authenticated']) r (role)
       where has_table_privilege(r.role, t.name, 'select, insert, update, delete')`
    expect(open).toEqual([])
    const sql = connect(database.url, { max: 1 })
    await sql`set role service_role`
    const service = postgresJsPort(sql)
    await service.write([{ postId: POST, sessionId: 'ana', op: OP, liked: true }], T)
    const cut = createCut(service)
    expect((await cut.drain([{ postId: POST, sessionId: 'ben', op: OP }])).rows).toHaveLength(1)
    expect(await service.retryRefused([{ postId: POST, sessionId: 'ben', op: OP }])).toEqual({
      landed: 0,
      refused: 0,
    })
    await sql.end()
  })
})
