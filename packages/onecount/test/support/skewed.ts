import { createOnecount, nextOp, type Onecount } from 'onecount'
import { createHandler } from 'onecount/http'
import { expect } from 'vitest'
import { type Interrupted, interrupted } from './interrupted'
import type { PostBefore, Stores } from './stores'

const SECRET = 'a-secret-for-tests-that-is-long-enough'

/** An instance of the application whose clock is off, behind the HTTP API. */
export function startServer(stores: Stores, skewMs: number, recentMs?: number) {
  const ports: Interrupted = interrupted(stores.ports())
  const service: Onecount = createOnecount({
    ...ports,
    log: { warn() {} },
    clock: () => Date.now() + skewMs,
    settings: { breakerMs: 0, ...(recentMs !== undefined && { recentMs }) },
  })
  const handler = createHandler({ service, secret: SECRET })
  return { ports, service, handler }
}
export type Server = ReturnType<typeof startServer>

/** A browser: keeps its cookie, presses with an op or without one. */
export function openBrowser(postId: string) {
  let cookie = ''
  return async (server: Server, method: 'PUT' | 'DELETE', op?: number) => {
    const response = await server.handler(
      new Request(`http://localhost/api/likes/${postId}`, {
        method,
        headers: cookie ? { cookie } : {},
        body: JSON.stringify({ op }),
      }),
    )
    const set = response.headers.getSetCookie()[0]
    if (set) cookie = set.split(';')[0]!
    return { status: response.status, body: await response.json() }
  }
}

export const micros = (ms: number) => Math.round((Date.now() + ms) * 1000)
export const likeAt = (ms: number) => nextOp(micros(ms), 0, true)
export const unlikeAt = (ms: number) => nextOp(micros(ms), 0, false)

/** At rest both stores agree, and nothing comes back by itself. */
export async function settle(stores: Stores, post: PostBefore, servers: Server[]): Promise<number> {
  for (const { service } of servers) await service.drainer.flush()
  for (const { service } of servers) await service.drainer.flush()
  await servers[0]!.service.read([post.id])
  const { redis, postgres } = await stores.compare(post)
  expect(redis).toEqual(postgres)
  return postgres.count
}
