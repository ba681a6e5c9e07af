import { defineConfig } from 'onecount'
import { onecountNext } from 'onecount/next'
import { postgresJsPort } from 'onecount/postgres'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { startKindStores } from '../support/kind-stores'

/** What Next gives to code that runs for a request. */
const next = vi.hoisted(() => ({ headers: new Headers() }))
vi.mock('next/headers.js', () => ({ headers: async () => next.headers }))
vi.mock('next/server.js', async original => ({
  ...(await original<typeof import('next/server.js')>()),
  connection: async () => {},
}))

const { bookmark } = defineConfig({
  kinds: {
    bookmark: {
      target: { table: 'articles', id: 'bigint' },
      rows: { table: 'bookmarks', target: 'article_id', actor: 'user_id', createdAt: 'marked_at' },
      private: true,
    },
  },
}).kinds

const stores = forAllTests(startKindStores)
beforeEach(async () => {
  const sql = await stores.begin(bookmark)
  await sql`insert into articles (id) values (1), (2)`
})

let made = 0
function application(hasRedis: boolean) {
  const onecount = onecountNext({
    redis: () => (hasRedis ? { port: stores.redisPort() } : null),
    postgres: () => postgresJsPort(stores.sql, { kind: bookmark }),
    session: ({ headers }) => headers.get('authorization'),
    anonymous: false,
    name: `private-next-${++made}`,
  })
  const press = (person: string) => {
    const headers = { authorization: person, 'sec-fetch-site': 'same-origin' }
    return onecount.handlers.PUT(new Request('http://site.example/api/likes/1', { method: 'PUT', headers }))
  }
  /** What the server renders into the page that a person opens; `null`: a visitor who is not signed in. */
  const render = async (person: string | null) => {
    next.headers = new Headers(person ? { authorization: person } : {})
    return JSON.stringify([...(await onecount.readLikes(['1', '2']))])
  }
  return { onecount, press, render }
}

describe.each([
  ['with Redis', true],
  ['on Postgres alone', false],
])('a page that shows a private kind, %s', (_, hasRedis) => {
  it('is the same for others and for everybody, whatever a person presses', async () => {
    const { onecount, press, render } = application(hasRedis)
    const cached = async () => JSON.stringify([...(await onecount.readLikes(['1', '2'], null))])
    const before = [await render('ben'), await render(null), await cached()]
    expect((await press('ana')).status).toBe(200)
    await onecount.engine().drainer.flush()
    expect([await render('ben'), await render(null), await cached()]).toEqual(before)
    expect(JSON.parse(await cached())[0][1]).toMatchObject({
      count: null,
      liked: null,
      rev: 0,
      private: true,
    })
  })

  it('has a person’s own heart, and says whose it is', async () => {
    const { press, render } = application(hasRedis)
    const response = await press('ana')
    const [[, first], [, second]] = JSON.parse(await render('ana'))
    expect(first).toMatchObject({ count: 1, liked: true, private: true })
    expect(second).toMatchObject({ count: 0, liked: false, private: true })
    expect(first.session).toBe(response.headers.get('onecount-session'))
    expect(JSON.parse(await render('ben'))[0][1].session).not.toBe(first.session)
  })
})
