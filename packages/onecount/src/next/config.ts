import type { Engines } from '../core/engines'
import type { Kind, Kinds } from '../core/kind'
import type { BroadcastPort, PostgresPort, RedisPort } from '../core/ports'
import { misconfigured } from '../http/misconfigured'
import type { Exposition } from '../http/ports'
import type { PersonOf } from '../http/visitor'

/** Variables of the environment. */
export type Env = Record<string, string | undefined>

/** What is used of a client of ioredis, whose types an application without it does not have. */
export interface RedisClient {
  /** `wait`: not connected yet. */
  readonly status: string
  /** Connects it. */
  connect(): Promise<unknown>
  /** Tells when it is connected. */
  once(event: 'ready', listener: () => void): unknown
}

/** A Redis as `redisFromEnv` of `onecount/redis` opens it; a driver of one's own has a `port` alone. */
export interface RedisSource {
  /** What the engine uses. */
  port: RedisPort
  /**
   * The drain connects it before it begins, and looks at the eviction policy once.
   * @default none
   */
  client?: RedisClient
}

/** What `createMetrics` of `onecount/metrics` makes: it counts what passes, and answers it as text. */
export interface MetricsSource extends Exposition {
  /** Counts what is asked of Redis. */
  redis(port: RedisPort): RedisPort
  /** Counts what is asked of Postgres. */
  postgres(port: PostgresPort): PostgresPort
  /** Counts presses and reads. */
  watch(engines: Engines): Engines
}

/** What is known of a request both in a route handler and in a server component. */
export type SessionRequest = Pick<Request, 'headers'>

/** What `onecountNext` takes. */
export interface OnecountNextConfig<
  Name extends string = string,
  Counting extends MetricsSource = MetricsSource,
> {
  /**
   * The kinds that are liked and their tables, of `defineConfig`.
   * @default the one kind whose driver `postgres` makes, which is that of no configuration as a rule
   */
  config?: Kinds<Name>
  /**
   * Makes the Postgres driver of a kind, with the first use: `supabaseFromEnv` of `onecount/supabase`, or one of your
   * own, as `(env, { kind }) => postgresJsPort(sql, { kind })`. Called once for each kind.
   */
  postgres: (env: Env, options: { kind: Kind }) => PostgresPort
  /**
   * Opens Redis, with the first use: `redisFromEnv` of `onecount/redis`.
   * @default none: Postgres serves alone, as where it answers `null`
   */
  redis?: (env: Env, options: { lazyConnect: boolean }) => RedisSource | null
  /**
   * Makes what tells pages of other people's likes, with the first use: `broadcastFromEnv` of `onecount/supabase`. Pages
   * hear it with `broadcast` of `useLikesSubscription`.
   * @default none: nothing is broadcast, as where it answers `null`
   */
  broadcast?: (env: Env) => BroadcastPort | null
  /**
   * The id of the signed-in person who sends a request, or null. The server alone decides it: take it from what your
   * authentication has verified, never from what a client can write. An error of it never counts as "not signed in": a
   * press is answered with 503, a page fails.
   * @default none: everybody is anonymous, known by the signed cookie
   */
  session?: PersonOf<SessionRequest>
  /**
   * Whether people who are not signed in may like, known by the signed cookie. With `false` they see counts, a press is
   * answered with 401 (`sign_in_required`), and there is neither a cookie nor `ONECOUNT_SECRET`.
   * @default true
   */
  anonymous?: boolean
  /**
   * Makes what counts presses, reads and batches, with the first use: `() => createMetrics()` of `onecount/metrics`.
   * Read at `/api/metrics` with `ONECOUNT_METRICS_SECRET` as bearer token; without that setting in development alone.
   * @default none: there is no such address
   */
  metrics?: (env: Env) => Counting
  /**
   * Where the routes are mounted: below `/api` these are `/api/likes`, `/api/kinds/<name>`, `/api/health`, `/api/drain` and
   * `/api/metrics`.
   * @default '/api'
   */
  basePath?: string
  /**
   * Who moves likes to Postgres: `process`, a loop in this server; `after`, what is pending is drained after the answer
   * to a press, for platforms where timers stop with it; `none`, `npx onecount worker` or a scheduler.
   * @default `after` on Vercel, else `process`
   */
  drain?: 'process' | 'after' | 'none'
  /**
   * `true`: pages take GET and HEAD alone, and anything else is 405 at once, where Next would wait for its body. Not with
   * Server Actions, which are POST requests to pages.
   * @default false
   */
  readOnlyPages?: boolean
  /**
   * Of the process' shared state (engine, connections, limits): another one for a second configuration.
   * @default 'onecount'
   */
  name?: string
}

/** @throws OnecountError `misconfigured` when no visitor could ever like, or the base path is none */
export function checkConfig({ session, anonymous, basePath }: OnecountNextConfig): void {
  if (anonymous === false && !session)
    throw misconfigured('session', 'anonymous is false and there is no session: no visitor could ever like')
  if (basePath !== undefined && !/^(\/[\w.~-]+)+$/.test(basePath))
    throw misconfigured('basePath', 'basePath begins with a slash and ends without one, as /api/onecount')
}
