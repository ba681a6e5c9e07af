import { join } from 'node:path'
import { freePort } from '@onecount/dev-stack/free-port'
import { type Program, run, until } from '@onecount/dev-stack/process'
import type { LikeState } from 'onecount'
import { createSession, readSession } from 'onecount/http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Stores, startStores } from '../support/stores'
import { type Installed, installInRepository, REPOSITORY, runIn } from './packed'

const NEXT = join(REPOSITORY, 'node_modules/next/dist/bin/next')
const SECRET = 'a-secret-for-tests-that-is-long-enough'
const BEAR = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const FOX = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 12 }
const GONE = '50050001-aaaa-bbbb-cccc-ddddeeee9999'
const ANA = '7b0e7a52-6f2c-4c0e-9f0a-1a2b3c4d5e6f'
const BEN = 'user_2abcDEF'
const ana = { authorization: 'Bearer ana' }

/** An application with people of its own: everything that Next gives to code that runs for a request. */
const APPLICATION = {
  'next.config.js': `export default {
    serverExternalPackages: ['ioredis', 'postgres'], turbopack: { root: ${JSON.stringify(REPOSITORY)} } }`,
  'onecount.js': `
    import { redisFromEnv } from 'onecount/ioredis'
    import { onecountNext } from 'onecount/next'
    import { postgresJsPort } from 'onecount/postgres'
    import postgres from 'postgres'
    const people = new Map([['Bearer ana', '${ANA}'], ['Bearer ben', '${BEN}']])
    const session = async ({ headers }) => {
      const token = headers.get('authorization') ?? ''
      if (token === 'Bearer unknown') throw new Error('no answer from sign-in')
      return people.get(token)
    }
    const stores = { redis: redisFromEnv, postgres: env => postgresJsPort(postgres(env.DATABASE_URL)), session }
    export const onecount = onecountNext({ ...stores, drain: 'after' })
    export const members = onecountNext({ ...stores, anonymous: false, basePath: '/members', drain: 'none', name: 'members' })`,
  // Left out, Next would take those of the repository.
  'instrumentation.js': `
    export async function register() {
      if (process.env.NEXT_RUNTIME !== 'nodejs') return
      const { onecount } = await import('./onecount')
      onecount.register()
    }`,
  'proxy.js': `
    export function proxy() {}
    export const config = { matcher: '/nothing' }`,
  'app/layout.jsx': `
    export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html> }`,
  'app/page.jsx': `
    import { onecount } from '../onecount'
    export default async function Page() {
      const likes = await onecount.readLikes(${JSON.stringify([BEAR.id, FOX.id, GONE])})
      const nobodys = await onecount.readLikes(['${BEAR.id}'], null)
      return <pre>{JSON.stringify([...likes.values(), ...nobodys.values()])}</pre>
    }`,
  'app/api/[...path]/route.js': `
    import { onecount } from '../../../onecount'
    export const { GET, PUT, DELETE } = onecount.handlers`,
  'app/members/[...path]/route.js': `
    import { members } from '../../../onecount'
    export const { GET, PUT } = members.handlers`,
  'app/session/route.js': `
    import { members, onecount } from '../../onecount'
    export async function GET() {
      return Response.json([await onecount.getSession(), await members.getSession()])
    }`,
  'app/browser/route.js': `
    import { onecount } from '../../onecount'
    export const GET = async request =>
      Response.json([await onecount.getAnonymousSession(), onecount.addressOf(request)])`,
  'app/keep-likes/route.js': `
    import { onecount } from '../../onecount'
    export const POST = () => onecount.mergeAnonymousLikes().then(
      merged => Response.json(merged),
      error => Response.json({ code: error.code }, { status: error.status }),
    )`,
}

let app: Installed
let stores: Stores
let server: Program
let url: string
beforeAll(async () => {
  ;[app, stores] = await Promise.all([installInRepository(), startStores()])
  for (const [name, code] of Object.entries(APPLICATION)) await app.write(name, code)
  const { code, out, err } = await runIn(app.root, process.execPath, [NEXT, 'build', '--turbopack'], 280_000)
  expect(code, `${out}\n${err}`).toBe(0)
  const port = String(await freePort())
  url = `http://127.0.0.1:${port}`
  server = run(process.execPath, [NEXT, 'start', '--hostname', '127.0.0.1', '--port', port], {
    cwd: app.root,
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      REDIS_URL: stores.redisUrl,
      DATABASE_URL: stores.databaseUrl,
      ONECOUNT_SECRET: SECRET,
      ONECOUNT_LIMITS: 'off',
    },
  })
  await until('The application', server, async () => (await fetch(`${url}/api/health`)).ok)
}, 300_000)
afterAll(async () => {
  await server?.stop()
  await Promise.all([stores?.stop(), app?.remove()])
})
beforeEach(() => stores.begin([BEAR, FOX]))

type Headers = Record<string, string>
const like = (headers: Headers = {}, id = BEAR.id) =>
  fetch(`${url}/api/likes/${id}`, { method: 'PUT', headers })
const read = async (headers: Headers = {}): Promise<LikeState> =>
  (await (await fetch(`${url}/api/likes?ids=${BEAR.id}`, { headers })).json()).likes[BEAR.id]
const sessions = async (headers: Headers = {}): Promise<(string | null)[]> =>
  (await fetch(`${url}/session`, { headers })).json()
const cookieOf = (response: Response) => response.headers.getSetCookie()[0]!.split(';')[0]!

/** Likes of the page, as its server component read them. */
async function page(headers: Headers = {}): Promise<LikeState[]> {
  const html = await (await fetch(url, { headers })).text()
  return JSON.parse(/<pre>(.*?)<\/pre>/.exec(html)![1]!.replaceAll('&quot;', '"'))
}
const seen = async (headers: Headers) =>
  (await page(headers)).slice(0, 2).map(({ count, liked }) => [count, liked])

/** Who likes the bear, once both stores say the same. */
async function expectLikers(...likers: string[]): Promise<void> {
  const members = likers.sort()
  const count = 446 + likers.length
  await expect
    .poll(() => stores.compare(BEAR))
    .toEqual({ redis: { count, members }, postgres: { count, members }, expectedCount: count })
}

describe('a Next.js application with people of its own', () => {
  it('counts a press for the person whom the server knows, and drains it after the answer', async () => {
    const response = await like(ana)
    expect(await response.json()).toMatchObject({ count: 447, liked: true, source: 'redis' })
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await read(ana)).toMatchObject({ count: 447, liked: true })
    expect(await read({ authorization: 'Bearer ben' })).toMatchObject({ count: 447, liked: false })
    await like({ authorization: 'Bearer ben' })
    await expectLikers(ANA, BEN)
  })

  it('renders a page for the same person, from its first render on', async () => {
    await like(ana)
    expect(await sessions(ana)).toEqual([ANA, ANA])
    const [bear, fox, nobodys, ...more] = await page(ana)
    expect(bear).toMatchObject({ postId: BEAR.id, count: 447, liked: true })
    expect(fox).toMatchObject({ postId: FOX.id, count: 12, liked: false })
    expect(nobodys).toMatchObject({ postId: BEAR.id, count: 447, liked: null })
    expect(more).toEqual([])
  })

  it('lets who is not signed in like by the cookie, page and API alike', async () => {
    const cookie = cookieOf(await like())
    const [anonymous] = await sessions({ cookie })
    expect(anonymous).toBe(readSession(cookie, SECRET))
    await expectLikers(anonymous!)
    expect(await sessions({ cookie, ...ana })).toEqual([ANA, ANA])
    expect((await page({ cookie, ...ana }))[0]).toMatchObject({ count: 447, liked: false })
  })

  it('knows the anonymous session of a browser whose person is signed in, and its address', async () => {
    const browser = async (headers: Headers) => (await fetch(`${url}/browser`, { headers })).json()
    const { sessionId, value } = createSession(SECRET)
    expect(await browser({ ...ana, cookie: `onecount_session=${value}` })).toEqual([sessionId, '127.0.0.1'])
    const forged = `onecount_session=${sessionId}.${'a'.repeat(43)}`
    expect(await browser({ ...ana, cookie: forged, 'onecount-connection-ip': '6.6.6.6' })).toEqual([
      null,
      '127.0.0.1',
    ])
  })

  it('answers 401 where only people like, and knows no anonymous session', async () => {
    const cookie = `onecount_session=${createSession(SECRET).value}`
    const press = (headers: Headers) => fetch(`${url}/members/likes/${BEAR.id}`, { method: 'PUT', headers })
    const response = await press({ cookie })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { code: 'sign_in_required' } })
    expect(response.headers.getSetCookie()).toEqual([])
    expect((await sessions({ cookie }))[1]).toBeNull()
    expect((await press(ana)).status).toBe(200)
  })

  it('never believes an id that a client claims', async () => {
    const { value } = createSession('a-secret-of-another-application-entirely')
    const claims = {
      'x-user-id': BEN,
      'x-session-id': BEN,
      'onecount-connection-ip': BEN,
      cookie: `onecount_session=${BEN}.${value.split('.')[1]}; __Host-onecount_session=${BEN}`,
    }
    const body = JSON.stringify({ sessionId: BEN, session: BEN, userId: BEN, actor: BEN })
    const address = `${url}/api/likes/${BEAR.id}?sessionId=${BEN}&session=${BEN}`
    const anonymous = await fetch(address, { method: 'PUT', headers: claims, body })
    await fetch(address, { method: 'PUT', headers: { ...claims, ...ana }, body })
    await expectLikers(ANA, readSession(cookieOf(anonymous), SECRET)!)
    expect(await sessions(claims)).toEqual([null, null])
  })

  it('gives a person what they liked before they signed in, once they say so', async () => {
    const keep = (headers: Headers) => fetch(`${url}/keep-likes`, { method: 'POST', headers })
    const cookie = cookieOf(await like())
    await like({ cookie }, FOX.id)
    expect(await (await keep({ cookie })).json()).toEqual({ code: 'sign_in_required' })
    await like({ cookie, ...ana })
    expect(await seen({ cookie, ...ana })).toEqual([
      [448, true],
      [13, false],
    ])
    await expect.poll(async () => (await keep({ cookie, ...ana })).json()).toMatchObject({ complete: true })
    expect(await seen({ cookie, ...ana })).toEqual([
      [447, true],
      [13, true],
    ])
    await like(ana, FOX.id)
    await expectLikers(ANA)
    expect(await (await keep({ cookie, ...ana })).json()).toEqual({ posts: 0, complete: true })
  })

  it('drains once what many press at once, after their answers', async () => {
    const presses = await Promise.all(
      ['ana', 'ben', 'ana', 'ben'].map(name => like({ authorization: `Bearer ${name}` })),
    )
    expect(presses.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    await expectLikers(ANA, BEN)
  })

  it('says in its log that it could not drain after an answer, which stands', async () => {
    // With a batch Redis knows where Postgres stands: without one no count is known while nothing can be drained.
    await like({ authorization: 'Bearer ben' })
    await expectLikers(BEN)
    await stores.sql.unsafe('alter function onecount_drain rename to onecount_drain_away')
    expect((await like(ana)).status).toBe(200)
    await expect.poll(() => server.lastWords()).toMatch(/onecount_drain.*does not exist/)
    expect(await read(ana)).toMatchObject({ count: 448, liked: true })
    await stores.sql.unsafe('alter function onecount_drain_away rename to onecount_drain')
    // It is tried again behind a later request, once some time has passed.
    await expect
      .poll(async () => {
        await read(ana)
        return (await stores.sql`select from post_ratings where session_id = ${ANA}`).length
      })
      .toBe(1)
    await expectLikers(ANA, BEN)
  })

  it('saves nothing while it cannot tell who presses, and says so in its log', async () => {
    const unknown = { authorization: 'Bearer unknown' }
    const response = await like(unknown)
    expect([response.status, (await response.json()).error.code]).toEqual([503, 'unavailable'])
    expect(await read(unknown)).toMatchObject({ count: 446, liked: null })
    expect((await fetch(`${url}/session`, { headers: unknown })).status).toBe(500)
    expect((await fetch(url, { headers: unknown })).status).toBe(500)
    await expect.poll(() => server.lastWords()).toContain('no answer from sign-in')
  })
})
