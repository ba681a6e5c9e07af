import { strict as assert } from 'node:assert'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OnecountError } from '../../src/core/errors'
import type { Health } from '../../src/core/health'
import type { Drained, FlushOptions } from '../../src/core/loop'
import { assertOp, isLikedOp, nextOp } from '../../src/core/op'
import type { LikeState, WriteState } from '../../src/core/types'
import { createHandler, type Handler, type HandlerOptions } from '../../src/http/handler'
import { nodeListener } from '../../src/http/node'
import type { LikesService } from '../../src/http/ports'
import { createSession } from '../../src/http/session'

export const POLAR_BEAR = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
export const FOX = '50050001-aaaa-bbbb-cccc-ddddeeee0002'
export const ABSENT = '50050001-aaaa-bbbb-cccc-ddddeeee9999'
export const SECRET = 'a-secret-for-tests-that-is-long-enough'

/** The port over a Map: post → session → op, the greatest op wins. Records what reaches it. */
export class MapLikes implements LikesService {
  readonly calls: unknown[][] = []
  /** What the next calls throw instead of answering. */
  failure: unknown = null
  status: Health['status'] = 'ok'
  hasRedis = true
  drained = { drained: 0, more: false }
  private readonly ops = new Map<string, Map<string, number>>()

  constructor(private readonly bases: Record<string, number> = { [POLAR_BEAR]: 446, [FOX]: 12 }) {}

  async set(
    postId: string,
    sessionId: string,
    liked: boolean,
    options: { op?: number } = {},
  ): Promise<WriteState> {
    this.record('set', postId, sessionId, liked, options)
    if (!(postId in this.bases)) throw new OnecountError('post_not_found', { field: 'postId' })
    const sessions = this.ops.get(postId) ?? new Map<string, number>()
    if (options.op !== undefined) assertOp(options.op, liked)
    const newest = sessions.get(sessionId) ?? 0
    const op = Math.max(options.op ?? nextOp(Date.now() * 1000, newest, liked), newest)
    this.ops.set(postId, sessions.set(sessionId, op))
    return { ...this.state(postId, sessionId), op, durable: false }
  }

  async read(postIds: string[], sessionId: string | null): Promise<Map<string, LikeState>> {
    this.record('read', postIds, sessionId)
    const known = postIds.filter(id => id in this.bases)
    return new Map(known.map(id => [id, this.state(id, sessionId)]))
  }

  async health(): Promise<Health> {
    this.record('health')
    const up = this.status === 'down' ? 'down' : 'up'
    const lastDrainAt = '2026-11-23T20:00:00.000Z'
    return {
      status: this.status,
      redis: up,
      postgres: up,
      pending: 2,
      oldestPendingMs: 40,
      unseen: 0,
      refused: 0,
      paused: null,
      lastDrainAt,
    }
  }

  readonly drainer = {
    flush: async (options?: FlushOptions): Promise<Drained> => {
      this.record('flush', options)
      return this.drained
    },
  }

  private record(...call: unknown[]): void {
    this.calls.push(call)
    if (this.failure) throw this.failure
  }

  private state(postId: string, sessionId: string | null): LikeState {
    const sessions = this.ops.get(postId) ?? new Map<string, number>()
    const likes = [...sessions.values()].filter(isLikedOp).length
    const op = sessions.get(sessionId ?? '') ?? null
    return {
      postId,
      count: this.bases[postId]! + likes,
      liked: sessionId === null ? null : op !== null && isLikedOp(op),
      rev: Math.max(1, ...sessions.values()),
      op,
      durable: op === null ? null : true,
      source: 'redis',
    }
  }
}

/** A `Cookie` header of a new returning visitor. */
export const someone = () => ({ cookie: `onecount_session=${createSession(SECRET).value}` })

/** The `Cookie` header that a browser would send after this answer. */
export function cookieOf(response: Response): string {
  return response.headers.getSetCookie()[0]!.split(';')[0]!
}

/** The handler on a real server: `restart` before each test, `close` after it. */
export function createTestServer() {
  const current = {
    service: new MapLikes(),
    logged: [] as string[],
    handler: null as Handler | null,
    url: '',
    connections: () => new Promise<number>(resolve => server!.getConnections((_, n) => resolve(n))),
  }
  let server: Server | undefined

  async function close(): Promise<void> {
    server?.closeAllConnections()
    await new Promise(resolve => (server ? server.close(resolve) : resolve(null)))
  }

  /** Begins anew with other options. */
  async function restart(options: Partial<HandlerOptions> = {}): Promise<void> {
    await close()
    current.service = new MapLikes()
    current.logged = []
    const { service, logged } = current
    const handler = createHandler({ service, secret: SECRET, log: line => logged.push(line), ...options })
    current.handler = handler
    server = createServer(nodeListener(handler))
    await new Promise<void>(resolve => server!.listen(0, '127.0.0.1', resolve))
    current.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  const api = (path: string, init?: RequestInit) => fetch(`${current.url}/api${path}`, init)
  const like = (init: RequestInit = {}, id = POLAR_BEAR) => api(`/likes/${id}`, { method: 'PUT', ...init })

  return { current, restart, close, api, like }
}

/** What a refusal says, after a look at the shape that all of them have. */
export async function refusal(response: Response) {
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.equal(response.headers.get('cache-control'), 'private, no-store')
  const body = await response.json()
  assert.deepEqual(Object.keys(body), ['error'])
  const { code, message, field, ...rest } = body.error
  assert.match(message, /^[A-Z].*[.)]$/)
  assert.deepEqual(rest, {})
  return { status: response.status, code, message, ...(field && { field }) }
}
