import { createHmac } from 'node:crypto'
import { type PostgresServer, startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type LikeState, type Onecount, OnecountError, type WriteState } from 'onecount'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { churnDatabase, expectSame, instancesOn, press, SESSIONS } from './support/churn'
import { startCli } from './support/cli'
import { forAllTests } from './support/for-all-tests'
import { endAll, type Serving, startServe } from './support/serve'
import { startStores } from './support/stores'

const PRESSES = 40
const SECRET = 'a-shared-secret-of-the-tokens-of-these-people'
const ISSUER = 'https://app.example.com'

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))
let postgres: PostgresServer
let servers: Serving[] = []
beforeAll(async () => {
  postgres = await startPostgresServer({ fsync: false })
})
afterAll(() => postgres.stop())
afterEach(() => endAll(servers))

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** As an application signs it for a person. */
function tokenOf(sub: string): string {
  const exp = Math.floor(Date.now() / 1000) + 600
  const start = `${base64({ alg: 'HS256' })}.${base64({ sub, iss: ISSUER, aud: 'likes', exp })}`
  return `${start}.${createHmac('sha256', SECRET).update(start).digest('base64url')}`
}

/** An instance that is asked over HTTP. */
function overHttp(url: string): Pick<Onecount, 'set' | 'read'> {
  const tokens = new Map(SESSIONS.map(session => [session, tokenOf(session)]))
  async function ask<T>(session: string, path: string, init: RequestInit = {}): Promise<T> {
    const headers = { authorization: `Bearer ${tokens.get(session)}` }
    const response = await fetch(`${url}/likes${path}`, { ...init, headers })
    const body = await response.json()
    if (!response.ok) throw new OnecountError(body.error.code)
    return body
  }
  return {
    set: (post, session, liked, options = {}) =>
      ask<WriteState>(session, `/${post}`, {
        method: liked ? 'PUT' : 'DELETE',
        body: JSON.stringify({ op: options.op, ...(options.ack === 'postgres' && { ack: options.ack }) }),
      }),
    async read(posts, session) {
      const { likes } = await ask<{ likes: Record<string, LikeState> }>(session!, `?ids=${posts.join()}`)
      return new Map(Object.entries(likes))
    },
  }
}

it('both stores hold the answers that people got from two servers with two processes each', async () => {
  const sql = await churnDatabase(postgres, 'churn_http', 1)
  const { user, host, port, database } = sql.options
  const env = {
    DATABASE_URL: `postgres://${user}@${host[0]}:${port[0]}/${database}`,
    ONECOUNT_LIMITS: 'off',
    ONECOUNT_JWT_SECRET: SECRET,
  }
  await stores.redis.flushall()
  const args = ['--processes', '2', '--issuer', ISSUER, '--audience', 'likes']
  servers = await Promise.all([startServe(cli, args, env), startServe(cli, args, env)])
  const instances = servers.map(({ url }) => overHttp(url))
  const isOver = (presses: number) => presses >= PRESSES
  const pressed = await Promise.all(
    SESSIONS.map((_, i) => press(instances, i, i % 4 === 0 ? 'postgres' : 'redis', isOver)),
  )
  expect(pressed.map(({ failed }) => failed)).toEqual(pressed.map(() => 0))
  for (const { kill } of servers) kill('SIGTERM')
  for (const { ended } of servers) expect(await ended).toMatchObject({ code: 0, err: '' })
  const { redis } = stores.ports()
  const [onecount] = instancesOn([redis], sql, 1)
  expect((await onecount!.health()).pending).toBe(0)
  await expectSame(onecount!, sql, pressed)
  await sql.end({ timeout: 2 })
})
