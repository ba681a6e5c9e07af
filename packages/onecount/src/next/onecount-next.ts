import type { Engines } from '../core/engines'
import { OnecountError } from '../core/errors'
import type { Moderated } from '../core/moderation'
import type { Onecount } from '../core/onecount'
import type { Limiter } from '../http/limiter'
import type { PageLikes } from '../http/page-likes'
import { visitorIp } from './address'
import { createApi, type RouteHandlers } from './api'
import type { MetricsSource, OnecountNextConfig, RedisSource, SessionRequest } from './config'
import { startDrain, warnOfNoRedis } from './drain'
import { getAnonymousSession, getSession, mergeAnonymousLikes, readLikes } from './page'
import { createParts } from './parts'
import { createWithSession, type WithSession } from './proxy'
import { hookServers } from './server-hook'

/** Everything that a Next.js application mounts, made by {@link onecountNext}. */
export interface OnecountNext<Name extends string = string, Counting extends MetricsSource = MetricsSource> {
  /**
   * The HTTP API (`docs/http-api.md`), for a route file below `basePath`.
   *
   * @example
   * // app/api/likes/[[...path]]/route.ts, and the same for health and drain; or app/api/[[...path]]/route.ts for all
   * export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = onecount.handlers
   */
  readonly handlers: RouteHandlers
  /**
   * For `proxy.ts`: a visitor who opens a page without a valid session cookie gets one, already for this very render.
   * Takes the application's own proxy, if it has one, whose answer it leaves as it is but for the cookie and, where it
   * sets one, `Cache-Control: private, no-store`. Opens no store. Does nothing where `anonymous` is false.
   *
   * @example
   * export const proxy = onecount.withSession()
   * @example
   * export const proxy = onecount.withSession(request => {
   *   const response = NextResponse.next({ request })
   *   response.headers.set('content-security-policy', "default-src 'self'")
   *   return response
   * })
   */
  readonly withSession: WithSession
  /**
   * Whose likes the page that is rendered shows: the id of the signed-in person, else of the anonymous session; null
   * for neither. In server components, route handlers and Server Actions. Makes the page dynamic.
   *
   * @throws what `session` of the config throws; OnecountError `misconfigured`
   * @example
   * const sessionId = await onecount.getSession()
   */
  getSession(): Promise<string | null>
  /**
   * The anonymous session of this browser, also while a person is signed in; null for none. With `likedBy` of the
   * engine it says what {@link OnecountNext.mergeAnonymousLikes} would give to the person. Makes the page dynamic.
   *
   * @throws OnecountError `misconfigured`
   * @example
   * const anonymous = await onecount.getAnonymousSession()
   * const { likes } = anonymous ? await onecount.engine().likedBy(anonymous) : { likes: [] }
   */
  getAnonymousSession(): Promise<string | null>
  /**
   * Counts and hearts of this moment for one page, in one round trip to Redis per 250 posts. Posts that do not exist
   * are absent; what cannot be read is unknown (`count: null`), never 0. Give each to `useLikes(id, seed)`.
   *
   * @param options a session by itself counts as `sessionId`
   * @throws as {@link OnecountNext.getSession} where `sessionId` is left out, else never
   * @example
   * const likes = await onecount.readLikes(posts.map(post => post.id))
   * return posts.map(post => <LikeButton key={post.id} postId={post.id} seed={likes.get(post.id)} />)
   * @example
   * const bookmarks = await onecount.readLikes(ids, { kind: 'bookmark' })
   */
  readLikes(
    ids: readonly string[],
    options?: ReadLikesOptions<Name> | string | null,
  ): Promise<Map<string, PageLikes>>
  /**
   * Gives the likes that this browser made before it signed in, of every kind, to the signed-in person; a post that
   * both like counts once.
   * In a Server Action or a route handler of your own, after the person said so: never by itself, as a link that signs
   * a person in would transfer their likes. Repeat it while `complete` is false.
   *
   * @throws OnecountError `sign_in_required` when no person is signed in; StoreUnavailable when Postgres does not
   * answer
   * @example
   * 'use server'
   * export async function keepMyLikes() {
   *   await onecount.mergeAnonymousLikes()
   * }
   */
  mergeAnonymousLikes(): Promise<Moderated>
  /**
   * For `instrumentation.ts`, in the Node runtime: starts what stands before Next (addresses of visitors, answers in
   * the documented shape to what Next cannot read), says which setting is wrong, and starts the drain.
   *
   * @example
   * export async function register() {
   *   if (process.env.NEXT_RUNTIME !== 'nodejs') return
   *   const { onecount } = await import('./onecount')
   *   onecount.register()
   * }
   */
  register(): void
  /**
   * The drain alone: a loop in this process that is finished when the server is asked to stop. Does nothing where
   * `drain` of the config is not `process`.
   * @throws OnecountError `misconfigured`
   * @example
   * onecount.startDrain()
   */
  startDrain(): void
  /**
   * The engine of a kind, of the main one where none is named: ranking, moderation, merging sessions.
   * @throws OnecountError `misconfigured`
   * @example
   * const first = await onecount.engine().ranking(10)
   */
  engine(kind?: Name): Onecount
  /**
   * The engines of all kinds, their drain and their health.
   * @throws OnecountError `misconfigured`
   * @example
   * const { status } = await onecount.engines().health()
   */
  engines(): Engines<Name>
  /**
   * Its Redis, not connected before the first command; null when none is configured.
   * @throws OnecountError `misconfigured`
   * @example
   * const port = onecount.redis()?.port
   */
  redis(): RedisSource | null
  /**
   * What counts, made by `metrics` of the config, one a process; undefined where there is none.
   * @example
   * const text = await onecount.metrics()?.text()
   */
  metrics(): Counting | undefined
  /**
   * Its limits, for writes of the application's own.
   * @throws OnecountError `misconfigured`
   * @example
   * const refusal = await onecount.limiter().takeShared({ session: sessionId })
   */
  limiter(): Limiter
  /**
   * The address that limits count for, as `ONECOUNT_PROXY_HOPS` says; `unknown` where the server does not tell it.
   *
   * @throws OnecountError `misconfigured`
   * @example
   * const refusal = await onecount.limiter().takeShared({ ip: onecount.addressOf(request) })
   */
  addressOf(request: SessionRequest): string
}

/** Of which kind, and whose hearts. */
export interface ReadLikesOptions<Name extends string = string> {
  /**
   * Of which kind.
   * @default the main one: `like`, else the first of the configuration
   */
  kind?: Name
  /**
   * Whose hearts; `null`: none.
   * @default that of the request
   */
  sessionId?: string | null
}

/**
 * onecount for a Next.js application (16 or newer, app router): made once, in one file, from which route handlers,
 * proxy, pages and instrumentation import. Settings come from the environment, as `.env.example` explains them, and are
 * read when they are needed: importing it opens no connection, and a build needs no secret.
 *
 * @example
 * // onecount.ts
 * import { onecountNext } from 'onecount/next'
 * import { redisFromEnv } from 'onecount/redis'
 * import { supabaseFromEnv } from 'onecount/supabase'
 *
 * export const onecount = onecountNext({ redis: redisFromEnv, postgres: supabaseFromEnv })
 *
 * @example
 * // several kinds, of onecount.config.ts
 * export const onecount = onecountNext({ config, redis: redisFromEnv, postgres: supabaseFromEnv })
 *
 * @throws OnecountError `misconfigured` when the config contradicts itself
 */
export function onecountNext<Name extends string = 'like', Counting extends MetricsSource = MetricsSource>(
  config: OnecountNextConfig<Name, Counting>,
): OnecountNext<Name, Counting> {
  const parts = createParts(config)
  const { handlers, answer, checkSettings } = createApi(parts)
  const session = () => getSession(parts)

  function start(): void {
    if (parts.drain === 'process') startDrain(parts)
  }

  return {
    handlers,
    withSession: createWithSession(parts),
    getSession: session,
    getAnonymousSession: () => getAnonymousSession(parts),
    async readLikes(ids, options) {
      const { kind, sessionId } = toReadOptions(options)
      return readLikes(parts, ids, { kind, sessionId: sessionId === undefined ? await session() : sessionId })
    },
    mergeAnonymousLikes: () => mergeAnonymousLikes(parts),
    register() {
      hookServers(parts, answer)
      checkSettings()
      try {
        warnOfNoRedis(parts)
        start()
      } catch (error) {
        // It was said by the check of the settings, and the API answers with it.
        if (!(error instanceof OnecountError)) throw error
      }
    },
    startDrain: start,
    engine: parts.engine,
    engines: () => parts.engines() as Engines<Name>,
    redis: parts.redis,
    metrics: () => parts.metrics() as Counting | undefined,
    limiter: parts.limiter,
    addressOf: request => visitorIp(request.headers, parts.env),
  }
}

const toReadOptions = <Name extends string>(
  options: ReadLikesOptions<Name> | string | null = {},
): ReadLikesOptions<Name> =>
  typeof options === 'string' || options === null ? { sessionId: options } : options
