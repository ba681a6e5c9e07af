import { createKeys, createOnecount, defineConfig, type Onecount, type OnecountOptions } from 'onecount'
import { createHandler, type HandlerOptions, NO_LIMITS } from 'onecount/http'
import { postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { type Interrupted, interrupted } from '../support/interrupted'
import { startKindStores } from '../support/kind-stores'

const { bookmark, page } = defineConfig({
  kinds: {
    bookmark: {
      target: { table: 'articles', id: 'bigint' },
      rows: { table: 'bookmarks', target: 'article_id', actor: 'user_id', createdAt: 'marked_at' },
      private: true,
    },
    page: {
      target: { table: 'pages', id: 'text', column: 'slug' },
      rows: { table: 'page_likes', target: 'page', actor: 'who' },
      private: true,
    },
  },
}).kinds

/** The time stands still, so that answers do not differ by it. */
const NOW = 1_795_000_000_000
const OP = 2 * 1000 * NOW + 1
const ARTICLES = ['7', '10', '42', '446', '9007199254740993']
const ARTICLE = '42'

const stores = forAllTests(startKindStores)
let sql: Sql
let ports: Interrupted
beforeEach(async () => {
  sql = await stores.begin(bookmark)
  for (const id of ARTICLES) await sql`insert into articles (id) values (${id})`
  ports = interrupted(stores.ports(bookmark))
})

const engine = (options: Partial<OnecountOptions> = {}): Onecount =>
  createOnecount({ ...ports, clock: () => NOW, log: { warn() {} }, ...options })

interface Said {
  status: number
  headers: string
  body: string
}

/** The API as a person calls it; `null`: a visitor who is not signed in. */
function api(service: Onecount, options: Partial<HandlerOptions> = {}) {
  const handler = createHandler({
    service,
    session: request => request.headers.get('authorization'),
    anonymous: false,
    limits: NO_LIMITS,
    now: () => NOW,
    log() {},
    ...options,
  })
  return async (person: string | null, path: string, method = 'GET'): Promise<Said> => {
    const headers = { 'sec-fetch-site': 'same-origin', ...(person && { authorization: person }) }
    const response = await handler(new Request(`http://marks.test/api${path}`, { method, headers }))
    return {
      status: response.status,
      headers: JSON.stringify([...response.headers]),
      body: await response.text(),
    }
  }
}

/** Sends every request that a person can make, but for presses that would change their own state. */
async function look(call: ReturnType<typeof api>, person: string | null): Promise<Said[]> {
  const paths = [
    `/likes?ids=${ARTICLE}`,
    `/likes?ids=${ARTICLES.join(',')}`,
    '/likes?by=me',
    '/likes?by=me&limit=1',
    `/likes?by=me&after=10`,
    '/likes?ids=999',
    '/likes?ids=x',
    '/ranking',
    '/likes?rank=10',
  ]
  const said: Said[] = []
  for (const path of paths) for (const method of ['GET', 'HEAD']) said.push(await call(person, path, method))
  // Refused, with the time of which an op is accepted.
  said.push(await call(person, `/likes/${ARTICLE}?op=${OP + 2 * 6_000_000}`, 'PUT'))
  // Of two presses the greater op wins, so these change nothing after the first time.
  said.push(await call(person, `/likes/446?op=${OP}`, 'PUT'))
  said.push(await call(person, `/likes/7?op=${OP - 1}`, 'DELETE'))
  return said
}

const bodyOf = ({ body }: Said) => JSON.parse(body)

describe('the answers to another person about a private kind', () => {
  /** Ana presses in every way that there is, and `ben` is told the same as before. */
  async function expectSilence(service: Onecount, options: Partial<HandlerOptions> = {}): Promise<void> {
    const call = api(service, options)
    await look(call, 'ben')
    await service.drainer.flush()
    const [before, outside] = [await look(call, 'ben'), await look(call, null)]
    expect(new Set(before.map(({ status }) => status))).toEqual(new Set([200, 400, 404, 409]))
    const unchanged = async () => {
      expect(await look(call, 'ben')).toEqual(before)
      expect(await look(call, null)).toEqual(outside)
    }
    for (const id of [ARTICLE, '446', '7'])
      expect(bodyOf(await call('ana', `/likes/${id}`, 'PUT'))).toMatchObject({ count: 1, liked: true })
    await unchanged()
    await service.set(ARTICLE, 'carla', true, { ack: 'postgres' })
    await service.set(ARTICLE, 'dora', true)
    await unchanged()
    await service.drainer.flush()
    await unchanged()
    await call('ana', `/likes/${ARTICLE}`, 'DELETE')
    await unchanged()
    await service.drainer.flush()
    await sql`delete from bookmarks where user_id in ('ana', 'carla')`
    await service.drainer.flush()
    await unchanged()
  }

  it('is the same to the byte, headers too, whatever others press', () => expectSilence(engine()))

  it('is the same on Postgres alone', () => expectSilence(engine({ redis: null })))

  it('is the same where presses on one post are limited', () =>
    expectSilence(engine(), { limits: { ...NO_LIMITS, post: { tokens: 1, windowMs: 60_000 } } }))

  it('is the same while a server whose clock is ahead takes presses', async () => {
    const service = engine()
    const call = api(service)
    await look(call, 'ben')
    await service.drainer.flush()
    const before = await look(call, 'ben')
    await engine({ clock: () => NOW + 3_600_000 }).set(ARTICLE, 'ana', true)
    expect(await look(call, 'ben')).toEqual(before)
  })

  it('is the same while Postgres is down, and presses are guesses', async () => {
    const service = engine()
    const call = api(service)
    const states = () => call('ben', `/likes?ids=${ARTICLES.join(',')}`)
    await call('ben', `/likes/446?op=${OP}`, 'PUT')
    await service.drainer.flush()
    await states()
    ports.fail('never arrives', 'postgres')
    const before = await states()
    expect(bodyOf(before).likes[ARTICLE]).toMatchObject({ count: 0, liked: false, source: 'redis' })
    for (const id of ARTICLES) {
      const guess = bodyOf(await call('ana', `/likes/${id}`, 'PUT'))
      expect(guess).toMatchObject({ count: 1, liked: true, rev: expect.any(Number), source: 'lagging' })
    }
    expect(await states()).toEqual(before)
    const again = await call('ben', `/likes/446?op=${OP}`, 'PUT')
    expect(bodyOf(again)).toMatchObject({ count: 1, liked: true, source: 'redis' })
    ports.restore()
    await service.drainer.flush()
    expect(await states()).toEqual(before)
  })

  it('is no ranking', async () => {
    const service = engine()
    await service.set(ARTICLE, 'ana', true)
    await expect(service.ranking()).rejects.toMatchObject({ code: 'private_kind', status: 403 })
  })

  it('is not shown to a visitor who is not signed in', async () => {
    const service = engine()
    const call = api(service)
    await service.set(ARTICLE, 'ana', true)
    const read = await call(null, `/likes?ids=${ARTICLE}`)
    expect(bodyOf(read).likes[ARTICLE]).toEqual({
      ...{ count: null, liked: null, rev: 0, op: null, durable: null, source: 'redis', private: true },
    })
    for (const [path, method] of [['/likes?by=me'], [`/likes/${ARTICLE}`, 'PUT']] as const) {
      const refused = await call(null, path, method)
      expect([refused.status, bodyOf(refused).error.code]).toEqual([401, 'sign_in_required'])
    }
  })

  it('is not part of a page that is rendered for every visitor', async () => {
    const service = engine()
    const before = await service.read(ARTICLES, null)
    await service.set(ARTICLE, 'ana', true, { ack: 'postgres' })
    expect(await service.read(ARTICLES, null)).toEqual(before)
  })
})

describe('the answers to a person about their own presses', () => {
  it('is a heart and a count of one, in the order of their own presses', async () => {
    const service = engine()
    await service.set(ARTICLE, 'ben', true)
    const liked = await service.set(ARTICLE, 'ana', true)
    expect(liked).toMatchObject({ count: 1, liked: true, rev: Math.floor(liked.op / 2), private: true })
    const unliked = await service.toggle(ARTICLE, 'ana')
    expect(unliked).toMatchObject({ count: 0, liked: false, rev: Math.floor(unliked.op / 2) })
    expect(unliked.rev).toBeGreaterThan(liked.rev)
    expect((await service.read([ARTICLE], 'ana')).get(ARTICLE)).toEqual(unliked)
    // The stores count every person, for their operator.
    expect(await stores.redis.get(createKeys('', bookmark.keyPrefix).likes(ARTICLE))).toBe('1')
  })

  it('says whose hearts an answer has, without the id', async () => {
    const call = api(engine())
    const tagOf = async (person: string | null) =>
      Object.fromEntries(JSON.parse((await call(person, `/likes?ids=${ARTICLE}`)).headers))[
        'onecount-session'
      ]
    const [ana, ben, visitor] = [await tagOf('ana'), await tagOf('ben'), await tagOf(null)]
    expect(await tagOf('ana')).toBe(ana)
    expect(ana).toMatch(/^[\w-]{16}$/)
    expect(ben).not.toBe(ana)
    expect(visitor).toBe('none')
  })
})

describe('a list of one’s own', () => {
  const idsOf = (said: Said) => bodyOf(said).likes.map((like: { postId: string }) => like.postId)

  it('has the rows of Postgres and the pending presses, in the order of ids, and only the person’s own', async () => {
    const service = engine()
    const call = api(service)
    for (const id of ['446', '7', '42']) await service.set(id, 'ana', true)
    await service.set('10', 'ben', true)
    await service.drainer.flush()
    await service.set('9007199254740993', 'ana', true)
    await service.set('42', 'ana', false)
    const page = await call('ana', '/likes?by=me')
    expect(idsOf(page)).toEqual(['7', '446', '9007199254740993'])
    expect(bodyOf(page)).toMatchObject({
      next: null,
      likes: [{ count: 1, liked: true, durable: true }, {}, {}],
    })
    expect(idsOf(await call('ben', '/likes?by=me'))).toEqual(['10'])
    expect(bodyOf(await call('eva', '/likes?by=me'))).toEqual({ likes: [], next: null })
    await service.drainer.flush()
    expect(idsOf(await call('ana', '/likes?by=me'))).toEqual(['7', '446', '9007199254740993'])
  })

  it.each([1, 4])(
    'comes in pages without gaps, before it is drained as after, partitions: %i',
    async partitions => {
      await sql`select onecount_bookmark_set_partitions(${partitions})`
      const ids = Array.from({ length: 30 }, (_, n) => String(1000 + n))
      for (const id of ids) await sql`insert into articles (id) values (${id})`
      const service = engine({ partitions })
      const call = api(service)
      for (const id of ids) await service.set(id, 'ana', true)
      const all = async () => {
        const found: string[] = []
        for (let next: string | null = ''; next !== null; ) {
          const page = await call('ana', `/likes?by=me&limit=7${next && `&after=${next}`}`)
          expect(page.status).toBe(200)
          found.push(...idsOf(page))
          next = bodyOf(page).next
        }
        return found
      }
      expect(await all()).toEqual(ids)
      await service.drainer.flush()
      expect(await all()).toEqual(ids)
      // Some are in one store alone, in one page.
      for (const id of ids.slice(3, 20)) await service.set(id, 'ana', false)
      expect(await all()).toEqual([...ids.slice(0, 3), ...ids.slice(20)])
    },
  )

  it('of texts, whose order the database alone knows, has each', async () => {
    sql = await stores.begin(page)
    for (const slug of ['a', 'B', 'c-1']) await sql`insert into pages (slug) values (${slug})`
    const service = engine({ postgres: postgresJsPort(sql, { kind: page }) })
    const call = api(service)
    await service.set('c-1', 'ana', true, { ack: 'postgres' })
    await service.set('B', 'ana', true)
    expect(idsOf(await call('ana', '/likes?by=me')).sort()).toEqual(['B', 'c-1'])
    await service.drainer.flush()
    expect(idsOf(await call('ana', '/likes?by=me')).sort()).toEqual(['B', 'c-1'])
  })

  it('has the rows of Postgres while Redis is down, and is unavailable while Postgres is', async () => {
    const service = engine()
    const call = api(service)
    await service.set('7', 'ana', true, { ack: 'postgres' })
    ports.fail('never arrives', 'redis')
    expect(idsOf(await call('ana', '/likes?by=me'))).toEqual(['7'])
    ports.restore()
    ports.fail('never arrives', 'postgres')
    const failed = await call('ana', '/likes?by=me')
    expect([failed.status, bodyOf(failed).error.code]).toEqual([503, 'unavailable'])
  })

  it.each([
    ['by=ana', 'invalid_request', 'by'],
    ['by=', 'invalid_request', 'by'],
    ['by=me&ids=7', 'invalid_request', 'by'],
    ['by=me&limit=0', 'invalid_request', 'limit'],
    ['by=me&limit=101', 'invalid_request', 'limit'],
    ['by=me&limit=x', 'invalid_request', 'limit'],
    ['by=me&after=x', 'invalid_post_id', 'after'],
    ['after=7', 'invalid_ids', 'ids'],
  ])('is asked for in one way: %s is 400', async (query, code, field) => {
    const refused = await api(engine())('ana', `/likes?${query}`)
    expect(refused.status).toBe(400)
    expect(bodyOf(refused).error).toMatchObject({ code, field })
  })

  it('is for pages of the site alone, and of a visitor without a session empty', async () => {
    const handler = createHandler({ service: engine(), secret: 'x'.repeat(32), limits: NO_LIMITS, log() {} })
    const ask = async (site: string) => {
      const headers = { 'sec-fetch-site': site }
      return handler(new Request('http://marks.test/api/likes?by=me', { headers }))
    }
    const own = await ask('same-origin')
    expect([own.status, await own.json(), own.headers.getSetCookie()]).toEqual([
      ...[200, { likes: [], next: null }, []],
    ])
    const foreign = await ask('cross-site')
    expect([foreign.status, (await foreign.json()).error.code]).toEqual([403, 'forbidden_origin'])
  })
})
