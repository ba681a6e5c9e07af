import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { applyMigrations } from '@onecount/dev-stack/migrations'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { build } from 'esbuild'
import { createOnecount } from 'onecount'
import { createHandler, NO_LIMITS, nodeListener, readSession } from 'onecount/http'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import postgres from 'postgres'

const SECRET = randomBytes(32).toString('hex')

/**
 * A small application with people of its own, on a real Redis and PostgreSQL: pages of one post, sign-in by a token in a
 * cookie, and the API twice: for everybody, and (`/members`) for people who are signed in alone.
 */
export async function startPeopleApp() {
  const [redis, database] = await Promise.all([startRedisServer(), startPostgresServer({ fsync: false })])
  const sql = postgres(await database.createDatabase('people'), { onnotice() {} })
  await applyMigrations(async text => [...(await sql.unsafe(text))])
  const client = createRedisClient(redis.url, { commandTimeout: 20_000 })
  const engine = createOnecount({ redis: ioredisPort(client), postgres: postgresJsPort(sql) })
  engine.drainer.start()
  const script = await bundlePage()

  let postId = ''
  /** Who holds which token. */
  const tokens = new Map<string, string>()
  const cookie = (headers: Headers | IncomingMessage['headers'], name: string) => {
    const all = (headers instanceof Headers ? headers.get('cookie') : headers.cookie) ?? ''
    return new RegExp(`(?:^|; )${name}=([^;]*)`).exec(all)?.[1]
  }
  const personOf = (headers: Headers | IncomingMessage['headers']) =>
    tokens.get(cookie(headers, 'token') ?? '') ?? null
  const options = {
    service: engine,
    secret: SECRET,
    limits: NO_LIMITS,
    session: (request: Request) => personOf(request.headers),
  }
  const everybody = nodeListener(createHandler(options))
  const members = nodeListener(createHandler({ ...options, anonymous: false, basePath: '/members' }))

  async function keepLikes(request: IncomingMessage): Promise<void> {
    const [anonymous, person] = [
      readSession(request.headers.cookie ?? null, SECRET),
      personOf(request.headers),
    ]
    if (anonymous === null || person === null) return
    while (!(await engine.mergeSessions(anonymous, person)).complete);
  }

  async function act(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, 'http://app')
    if (pathname === '/sign-in') {
      const token = randomBytes(16).toString('hex')
      tokens.set(token, `person:${searchParams.get('as')}`)
      response.setHeader('set-cookie', `token=${token}; HttpOnly; Path=/`)
    } else if (pathname === '/sign-out') {
      tokens.delete(cookie(request.headers, 'token') ?? '')
      response.setHeader('set-cookie', 'token=; Max-Age=0; Path=/')
    } else await keepLikes(request)
    response.end()
  }

  /** `/rendered`: with the likes of the moment, as a page of Next.js has them. */
  async function render(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const api = request.url === '/only-members' ? '/members/likes' : '/api/likes'
    const person = personOf(request.headers)
    const likes = request.url === '/rendered' ? await engine.read([postId], person) : undefined
    const page = JSON.stringify({ postId, seed: likes?.get(postId), api, person })
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(
      `<!doctype html><title>People</title><div id="root"></div>
       <script>const PAGE = ${page}</script><script src="/page.js"></script>`,
    )
  }

  const server = createServer((request, response) => {
    const url = request.url!
    if (url.startsWith('/api/')) everybody(request, response)
    else if (url.startsWith('/members/')) members(request, response)
    else if (url === '/page.js') response.setHeader('content-type', 'text/javascript').end(script)
    else
      (request.method === 'POST' ? act : render)(request, response).catch(error =>
        response.writeHead(500).end(String(error)),
      )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,

    /** Begins with another post of 446 likes, none of them of a known session. */
    async begin(): Promise<void> {
      postId = randomUUID()
      tokens.clear()
      await sql`insert into profiles (id, username, display_name, avatar_url)
                values ('0a000000-0000-4000-8000-000000000001', 'lucia', 'Lucía', '/l.svg') on conflict do nothing`
      await sql`insert into posts_new (id, author_id, caption, image_url, likes)
                values (${postId}, '0a000000-0000-4000-8000-000000000001', 'Oso polar', '/o.svg', 446)`
    },

    /** Who likes the post once all is drained, and the count that Postgres has. */
    async held(): Promise<{ people: string[]; likes: number }> {
      while ((await engine.drainer.flush()).more);
      const rows = await sql`select session_id from post_ratings where post_id = ${postId} order by 1`
      const [post] = await sql`select likes from posts_new where id = ${postId}`
      return { people: rows.map(row => row.session_id), likes: post!.likes }
    },

    async stop(): Promise<void> {
      server.closeAllConnections()
      server.close()
      await engine.drainer.stop()
      client.disconnect()
      await sql.end({ timeout: 2 })
      await Promise.all([redis.kill(), database.stop()])
    },
  }
}

async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.tsx', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'iife',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
  })
  return outputFiles[0]!.text
}

export type PeopleApp = Awaited<ReturnType<typeof startPeopleApp>>
