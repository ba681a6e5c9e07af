import { createEngines, createOnecount, defineConfig, type Kind, OnecountError } from 'onecount'
import { createHandler, type Handler, type HandlerOptions, NO_LIMITS } from 'onecount/http'
import { createMetrics } from 'onecount/metrics'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import { expect } from 'vitest'
import { connect } from './databases'
import { startKindStores } from './kind-stores'
import { judgeAnswer, nameOf, type WireAnswer } from './openapi'
import { listenWire, type WireRequest } from './wire-request'

export const COMMENT = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
/** Of the main kind. */
export const PAGE = 'oso-polar'
export const DRAIN_SECRET = 'the-secret-of-the-scheduler'
export const METRICS_SECRET = 'the-secret-of-prometheus'
export const SECRET = 'a-secret-for-tests-that-is-long-enough'

/** A kind that is liked by everybody, a private one, and one with variants. */
export const config = defineConfig({
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
    reaction: {
      target: { table: 'comments', id: 'uuid' },
      variants: ['👍', '🎉'],
      rows: { table: 'comment_reactions', target: 'comment_id', actor: 'user_id', variant: 'emoji' },
    },
  },
})
/** One kind, whose actors are people with UUIDs. */
export const ofPeople = defineConfig({
  kinds: {
    article: {
      target: { table: 'articles', id: 'bigint', count: 'like_count' },
      rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },
      actor: 'uuid',
    },
  },
})

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
/** The person that a token names, or what goes wrong while the application looks. */
const session: HandlerOptions['session'] = ({ headers }) => {
  const person = headers.get('authorization')?.slice('Bearer '.length) ?? null
  if (person === 'expired') throw new OnecountError('invalid_token')
  if (person === 'unsaid') throw new Error('the sessions of the application cannot be reached')
  return person
}

/** Real stores with all of these kinds, and servers of which every answer has to be as `docs/openapi.json` says. */
export async function startDocumentedServers() {
  const stores = await startKindStores()
  const sql = await stores.begin(...Object.values(config.kinds), ofPeople.kinds.article)
  await sql.unsafe(`insert into pages (slug) values ('${PAGE}'), ('zorro'); insert into articles (id) values (7);
    insert into comments (id) values ('${COMMENT}')`)
  const redis = stores.redisPort()
  const closing: (() => unknown)[] = []
  /** Names of the outcomes that were answered. */
  const seen = new Set<string>()

  const ports = () => ({ redis, postgres: (kind: Kind) => postgresJsPort(sql, { kind }), log: { warn() {} } })

  /** The handler on a server; what it answers is judged. */
  async function judged(handler: Handler) {
    const wire = await listenWire(handler)
    closing.push(wire.close)
    async function send(method: string, path: string, request?: WireRequest): Promise<WireAnswer> {
      const answer = await wire.send(method, path, request)
      const { outcome, problems } = judgeAnswer(answer)
      expect(problems, `${method} ${path}: ${answer.status} ${answer.body}`).toEqual([])
      seen.add(nameOf(outcome))
      return answer
    }
    /** The same; `wanted` is its status, and the code where it is an error. */
    async function expectOf(wanted: string, method: string, path: string, request?: WireRequest) {
      const { status, body } = await send(method, path, request)
      const code = body.startsWith('{') ? (JSON.parse(body).error?.code ?? '') : ''
      // HEAD tells no code.
      const told = method === 'HEAD' ? wanted.split(' ')[0] : wanted
      expect(`${status} ${code}`.trim(), `${method} ${path} ${body}`).toBe(told)
    }
    return { send, expectOf }
  }

  return {
    sql,
    seen,
    ports,
    judged,

    /** A server of all kinds, unless `options` say otherwise. */
    serve: (options: Partial<HandlerOptions> = {}) =>
      judged(
        createHandler({
          service: options.service ?? createEngines(config, ports()),
          secret: SECRET,
          session,
          limits: NO_LIMITS,
          drainSecret: DRAIN_SECRET,
          metricsSecret: METRICS_SECRET,
          metrics: createMetrics({ sample: false }),
          bodyTimeoutMs: 100,
          log() {},
          ...options,
        }),
      ),

    /** An engine whose stores are both away. */
    engineWithoutStores() {
      const client = createRedisClient('redis://127.0.0.1:1', { maxRetriesPerRequest: 0 })
      client.on('error', () => {})
      const nowhere = connect('postgres://postgres@127.0.0.1:1/none', { connect_timeout: 1 })
      closing.push(
        () => client.disconnect(),
        () => nowhere.end({ timeout: 0 }),
      )
      const postgres = postgresJsPort(nowhere, { timeoutMs: 2000 })
      return createOnecount({ redis: ioredisPort(client), postgres, log: { warn() {} } })
    },

    /** A driver with a mistake: what it throws at a drain is no error of a store. */
    mistakenPort: (kind: Kind) =>
      new Proxy(postgresJsPort(sql, { kind }), {
        get: (port, name) =>
          name === 'sync' ? () => Promise.reject(new TypeError('a mistake')) : port[name as 'sync'],
      }),

    /** Closes what one test has opened. */
    async end() {
      for (const close of closing.splice(0)) await close()
    },
    async stop() {
      await stores.end()
      await stores.stop()
    },
  }
}

export type DocumentedServer = Awaited<
  ReturnType<Awaited<ReturnType<typeof startDocumentedServers>>['serve']>
>
