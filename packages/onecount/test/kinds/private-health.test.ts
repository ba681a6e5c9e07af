import { createEngines, createOnecount, defineConfig } from 'onecount'
import { createHandler, type HandlerOptions } from 'onecount/http'
import { postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { type Interrupted, interrupted } from '../support/interrupted'
import { startKindStores } from '../support/kind-stores'

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
  },
})
const { bookmark } = config.kinds
const [DRAIN_SECRET, METRICS_SECRET] = ['the-secret-of-the-scheduler', 'the-secret-of-prometheus']
const NOW = 1_795_000_000_000

const stores = forAllTests(startKindStores)
let sql: Sql
let ports: Interrupted
beforeEach(async () => {
  sql = await stores.begin(...Object.values(config.kinds))
  await sql.unsafe(`insert into articles (id) values (7), (42); insert into pages (slug) values ('a')`)
  ports = interrupted(stores.ports(bookmark))
})

const engines = () =>
  createEngines(config, {
    redis: ports.redis,
    postgres: kind => (kind.name === 'bookmark' ? ports.postgres : postgresJsPort(sql, { kind })),
    clock: () => NOW,
    log: { warn() {} },
  })
const bookmarksAlone = () => createOnecount({ ...ports, clock: () => NOW, log: { warn() {} } })

/** Health as a new process says it: none keeps what it heard a moment before. */
async function healthOf(
  service: HandlerOptions['service'],
  authorization?: string,
  options: Partial<HandlerOptions> = {},
) {
  const handler = createHandler({
    service,
    anonymous: false,
    drainSecret: DRAIN_SECRET,
    metricsSecret: METRICS_SECRET,
    now: () => NOW,
    log() {},
    ...options,
  })
  const headers = authorization ? { authorization } : undefined
  const response = await handler(new Request('http://site.example/api/health', { headers }))
  return { status: response.status, body: await response.json() }
}

describe('health, asked for without a secret', () => {
  it('is the same whatever is done to private kinds: pressed, drained, refused, held up', async () => {
    const service = engines()
    await service.drainer.flush()
    const before = await healthOf(service)
    expect(before).toEqual({
      status: 200,
      body: {
        ...{ status: 'ok', redis: 'up', postgres: 'up', pending: 0, oldestPendingMs: 0, unseen: 0 },
        ...{ refused: 0, paused: null, lastDrainAt: expect.any(String), lookedAt: expect.any(String) },
        kinds: {
          like: {
            ...{ status: 'ok', redis: 'up', postgres: 'up', pending: 0, oldestPendingMs: 0, unseen: 0 },
            ...{ refused: 0, paused: null, lastDrainAt: expect.any(String) },
          },
          bookmark: { status: 'ok', redis: 'up', postgres: 'up' },
        },
      },
    })
    const unchanged = async () => expect(await healthOf(service)).toEqual(before)
    await service.kinds.bookmark.set('42', 'ana', true)
    await unchanged()
    await sql.unsafe('alter function onecount_bookmark_drain rename to away')
    await service.kinds.bookmark.drainer.flush().catch(() => {})
    expect((await service.kinds.bookmark.health()).paused).not.toBeNull()
    await unchanged()
    await sql.unsafe('alter function away rename to onecount_bookmark_drain')
    await sql.unsafe(`alter table bookmarks add constraint barred check (user_id <> 'ana')`)
    await service.kinds.bookmark.drainer.flush()
    expect(await service.kinds.bookmark.health()).toMatchObject({ status: 'degraded', refused: 1 })
    await unchanged()
  })

  it('says no figure at all where the only kind is private', async () => {
    const service = bookmarksAlone()
    const before = await healthOf(service)
    expect(Object.keys(before.body)).toEqual(['status', 'redis', 'postgres', 'lookedAt'])
    await service.set('42', 'ana', true)
    expect(await healthOf(service)).toEqual(before)
    await service.drainer.flush()
    expect(await healthOf(service)).toEqual(before)
  })

  it('says all the same which stores answer, also of private kinds', async () => {
    ports.fail('never arrives', 'postgres')
    expect(await healthOf(engines())).toMatchObject({
      status: 200,
      body: {
        ...{ status: 'degraded', redis: 'up', postgres: 'down' },
        kinds: { like: { status: 'ok' }, bookmark: { status: 'degraded', redis: 'up', postgres: 'down' } },
      },
    })
    ports.fail('never arrives', 'redis', 'postgres')
    expect(await healthOf(bookmarksAlone())).toMatchObject({ status: 503, body: { status: 'down' } })
  })
})

describe('health, asked for by an operator', () => {
  it.each([DRAIN_SECRET, METRICS_SECRET])('has the figures of every kind (%s)', async secret => {
    const service = engines()
    await service.kinds.bookmark.set('42', 'ana', true)
    const { body } = await healthOf(service, `Bearer ${secret}`)
    expect(body).toMatchObject({ pending: 1, kinds: { like: { pending: 0 }, bookmark: { pending: 1 } } })
    expect((await healthOf(bookmarksAlone(), `Bearer ${secret}`)).body).toMatchObject({ pending: 1 })
  })

  it.each([`Bearer ${DRAIN_SECRET}x`, DRAIN_SECRET, `Basic ${DRAIN_SECRET}`, 'Bearer ', 'Bearer ana'])(
    'needs the secret: with %o it is what everybody sees',
    async authorization => {
      const service = engines()
      await service.kinds.bookmark.set('42', 'ana', true)
      expect(await healthOf(service, authorization)).toEqual(await healthOf(service))
    },
  )

  it('has them for everybody where the metrics are for everybody, as in development', async () => {
    const service = engines()
    await service.kinds.bookmark.set('42', 'ana', true)
    const open = { drainSecret: undefined, metricsSecret: false as const }
    expect((await healthOf(service, undefined, open)).body.kinds.bookmark).toMatchObject({ pending: 1 })
    const closed = { drainSecret: undefined, metricsSecret: undefined }
    expect((await healthOf(service, 'Bearer ', closed)).body.kinds.bookmark).toEqual({
      ...{ status: 'ok', redis: 'up', postgres: 'up' },
    })
  })
})
