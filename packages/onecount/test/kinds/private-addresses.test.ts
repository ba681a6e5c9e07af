import { createEngines, defineConfig, variantId } from 'onecount'
import { createHandler, NO_LIMITS } from 'onecount/http'
import { postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { startKindStores } from '../support/kind-stores'

/** Likes that everybody sees, beside bookmarks and moods that are each person's own; a comment may have several moods. */
const config = defineConfig({
  kinds: {
    like: {
      target: { table: 'pages', id: 'text', column: 'slug', count: 'likes' },
      rows: { table: 'page_likes', target: 'page', actor: 'who' },
    },
    bookmark: {
      target: { table: 'articles', id: 'bigint' },
      rows: { table: 'bookmarks', target: 'article_id', actor: 'user_id', createdAt: 'marked_at' },
      private: true,
    },
    mood: {
      target: { table: 'comments', id: 'uuid' },
      variants: ['👍', '🎉'],
      rows: { table: 'comment_reactions', target: 'comment_id', actor: 'user_id', variant: 'emoji' },
      private: true,
    },
  },
})
const NOW = 1_795_000_000_000
const COMMENT = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const [UP, PARTY] = [variantId(COMMENT, '👍'), variantId(COMMENT, '🎉')]

const stores = forAllTests(startKindStores)
let sql: Sql
beforeEach(async () => {
  sql = await stores.begin(...Object.values(config.kinds))
  await sql.unsafe(`insert into articles (id) values (7), (42);
    insert into comments (id) values ('${COMMENT}'); insert into pages (slug) values ('a')`)
})

/** One process with all kinds, as a person calls it; `null`: a visitor who is not signed in. */
function serve() {
  const engines = createEngines(config, {
    redis: stores.redisPort(),
    postgres: kind => postgresJsPort(sql, { kind }),
    clock: () => NOW,
    log: { warn() {} },
  })
  const handler = createHandler({
    service: engines,
    session: request => request.headers.get('authorization'),
    anonymous: false,
    limits: NO_LIMITS,
    now: () => NOW,
    log() {},
  })
  const call = async (person: string | null, path: string, method = 'GET') => {
    const headers = { 'sec-fetch-site': 'same-origin', ...(person && { authorization: person }) }
    const response = await handler(new Request(`http://site.example/api/kinds/${path}`, { method, headers }))
    return {
      status: response.status,
      headers: JSON.stringify([...response.headers]),
      body: await response.text(),
    }
  }
  return { engines, call }
}
type Call = ReturnType<typeof serve>['call']
const bodyOf = ({ body }: Awaited<ReturnType<Call>>) => JSON.parse(body)

/** The ids of each private kind, as they stand in an address. */
const CASES = [
  { name: 'bookmark', ids: ['7', '42'] },
  { name: 'mood', ids: [UP, PARTY] },
] as const
const look = async (call: Call, name: string, ids: readonly string[], person: string | null) => {
  const all = ids.map(encodeURIComponent).join()
  const paths = [`${name}?ids=${all}`, `${name}?by=me`, `${name}?by=me&limit=1`, `${name}?ids=999`]
  return Promise.all(paths.flatMap(path => ['GET', 'HEAD'].map(method => call(person, path, method))))
}

describe.each(CASES)('the private kind $name at its own address, beside a public one', ({ name, ids }) => {
  const [first, second] = ids
  const at = (id: string) => `${name}/${encodeURIComponent(id)}`

  it('shows others the same to the byte, whatever a person presses', async () => {
    const { engines, call } = serve()
    expect((await call('ben', at(second), 'PUT')).status).toBe(200)
    await engines.drainer.flush()
    await look(call, name, ids, 'ben')
    const before = [await look(call, name, ids, 'ben'), await look(call, name, ids, null)]
    const unchanged = async () =>
      expect([await look(call, name, ids, 'ben'), await look(call, name, ids, null)]).toEqual(before)
    for (const id of ids)
      expect(bodyOf(await call('ana', at(id), 'PUT'))).toMatchObject({ count: 1, liked: true })
    await unchanged()
    await engines.drainer.flush()
    await unchanged()
    expect(bodyOf(await call('ana', at(first), 'DELETE'))).toMatchObject({ count: 0, liked: false })
    await engines.drainer.flush()
    await unchanged()
  })

  it('lists a person’s own posts, and refuses a visitor who is not signed in', async () => {
    const { engines, call } = serve()
    for (const id of ids) await call('ana', at(id), 'PUT')
    await call('ben', at(second), 'PUT')
    const listOf = async (person: string) =>
      bodyOf(await call(person, `${name}?by=me`)).likes.map(({ postId }: { postId: string }) => postId)
    for (const drain of [async () => {}, () => engines.drainer.flush()]) {
      await drain()
      expect([(await listOf('ana')).sort(), await listOf('ben'), await listOf('eva')]).toEqual([
        [...ids].sort(),
        [second],
        [],
      ])
    }
    expect((await call(null, at(first), 'PUT')).status).toBe(401)
    expect(bodyOf(await call(null, `${name}?ids=${encodeURIComponent(first)}`)).likes[first]).toMatchObject({
      count: null,
      liked: null,
      private: true,
    })
  })

  it('leaves the public kind as it is: its counts are for everybody', async () => {
    const { engines, call } = serve()
    await call('ana', at(first), 'PUT')
    await call('ana', 'like/a', 'PUT')
    await engines.drainer.flush()
    expect(bodyOf(await call('ben', 'like?ids=a')).likes.a).toMatchObject({ count: 1, liked: false })
    expect(bodyOf(await call('ben', 'like?by=me'))).toEqual({ likes: [], next: null })
  })
})

describe('a private kind with variants', () => {
  it('shows a person each of their own, also once the person has undone one', async () => {
    const { engines, call } = serve()
    await call('ana', `mood/${encodeURIComponent(UP)}`, 'PUT')
    await call('ana', `mood/${encodeURIComponent(PARTY)}`, 'PUT')
    await engines.drainer.flush()
    await call('ana', `mood/${encodeURIComponent(UP)}`, 'DELETE')
    const own = bodyOf(await call('ana', `mood?ids=${[UP, PARTY].map(encodeURIComponent)}`)).likes
    expect([own[UP], own[PARTY]]).toMatchObject([
      { count: 0, liked: false, private: true },
      { count: 1, liked: true, private: true },
    ])
    await engines.drainer.flush()
    expect([...(await sql`select user_id, emoji from comment_reactions`)]).toEqual([
      { user_id: 'ana', emoji: '🎉' },
    ])
  })
})
