import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { Redis } from 'ioredis'
import { type AppProcess, startAppProcess } from './support/app-process'
import { startApp, type TestStack } from './support/stack'
import { BEAR } from './support/views'

const SECRET = randomBytes(32).toString('hex')

let stack: TestStack
const processes: AppProcess[] = []
test.beforeAll(async () => {
  stack = await startApp({ env: { ONECOUNT_SECRET: SECRET } })
})
test.afterAll(async () => {
  for (const app of processes) await app.kill()
  await stack?.stop()
})

/** Another process of the application on the same stores. */
async function another(env: Record<string, string>): Promise<AppProcess> {
  const { supabase, redis } = stack
  const app = await startAppProcess({
    SUPABASE_URL: supabase.url,
    SUPABASE_PUBLISHABLE_KEY: supabase.publishableKey,
    SUPABASE_SECRET_KEY: supabase.secretKey,
    REDIS_URL: redis.url,
    ONECOUNT_SECRET: SECRET,
    NEXT_TELEMETRY_DISABLED: '1',
    ...env,
  })
  processes.push(app)
  return app
}

/** Sends bytes as they are, and answers with everything that comes back until the connection ends. */
function raw(url: string, text: string, drip?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let answer = ''
    const timer = drip && setInterval(() => socket.write(drip), 100)
    socket.on('data', chunk => {
      answer += chunk
    })
    socket.on('close', () => {
      clearInterval(timer || undefined)
      resolve(answer)
    })
    socket.on('error', error => (answer ? undefined : reject(error)))
    socket.write(text)
  })
}

test('a malformed address, an odd method and a place in the feed that is none are answered clearly', async ({
  request,
}) => {
  for (const [line, status, code] of [
    ['TRACE /api/likes', 405, 'method_not_allowed'],
    ['PROPFIND /api/health', 405, 'method_not_allowed'],
    ['BREW /api/likes', 405, 'method_not_allowed'],
    ['CONNECT /api/likes', 405, 'method_not_allowed'],
    ['PUT /api/likes/%ff', 400, 'invalid_post_id'],
    ['GET /api/%ff', 404, 'not_found'],
    ['GET /api', 404, 'not_found'],
  ] as const) {
    const answer = await raw(stack.url, `${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    expect(answer, line).toContain(`HTTP/1.1 ${status}`)
    expect(answer, line).toContain(`"code":"${code}"`)
    expect(answer, line).toMatch(/^onecount-time: \d+\r?$/im)
  }
  for (const path of ['/%ff', '/profile/%ff', '/post/%', '/profile/%00'])
    expect((await request.get(`${stack.url}${path}`)).status(), path).toBe(400)
  for (const before of ['%ff', '2026-99-99T99:99:99Z_x', `2026-02-30T00:00:00Z_${BEAR}`, '-'.repeat(60)]) {
    const response = await request.get(`${stack.url}/?before=${before}`)
    expect(response.status(), before).toBe(200)
    expect(await response.text(), before).toMatch(/data-like-count[^>]*>446</)
  }
  expect(stack.app.output()).not.toContain('PostgrestError')
})

test('a post that is created right after a 404 for its address is there within seconds', async ({
  request,
}) => {
  const id = `50059999-aaaa-bbbb-cccc-${randomBytes(6).toString('hex')}`
  const page = () => request.get(`${stack.url}/post/${id}`)
  expect((await page()).status()).toBe(404)
  const { likes } = await (await request.get(`${stack.url}/api/likes?ids=${id}`)).json()
  expect(likes).toEqual({})
  const rest = (path: string, init: RequestInit = {}) =>
    fetch(`${stack.supabase.url}/rest/v1/posts_new${path}`, {
      ...init,
      headers: {
        apikey: stack.supabase.secretKey,
        authorization: `Bearer ${stack.supabase.secretKey}`,
        'content-type': 'application/json',
      },
    })
  const [bear] = await (await rest(`?id=eq.${BEAR}&select=author_id,caption,image_url`)).json()
  const created = await rest('', { method: 'POST', body: JSON.stringify({ ...bear, id }) })
  expect(created.status).toBe(201)
  await expect.poll(() => page().then(response => response.status()), { timeout: 10_000 }).toBe(200)
  const read = () => request.get(`${stack.url}/api/likes?ids=${id}`).then(response => response.json())
  await expect.poll(read, { timeout: 5000 }).toMatchObject({ likes: { [id]: { count: 0 } } })
  await rest(`?id=eq.${id}`, { method: 'DELETE' })
})

test('addresses that a visitor invents leave nothing on the disk', async ({ request }) => {
  const name = `absent_${randomBytes(6).toString('hex')}`
  const id = `50059999-aaaa-bbbb-cccc-${randomBytes(6).toString('hex')}`
  for (const path of [`/profile/${name}`, `/post/${id}`, `/profile/${name}${'x'.repeat(3000)}`, `/${name}`])
    expect((await request.get(`${stack.url}${path}`)).status(), path.slice(0, 60)).toBe(404)
  // Next writes its cache of a page after the answer. Once this page is answered, those before it would be written.
  expect((await request.get(`${stack.url}/post/${BEAR}`)).status()).toBe(200)
  const files = readdirSync(join(import.meta.dirname, '../.next'), { recursive: true, encoding: 'utf8' })
  expect(files.filter(file => file.includes(name) || file.includes(id))).toEqual([])
  expect(stack.app.output()).not.toContain('Failed to update prerender cache')
})

test('a body that does not come ends, and one that comes byte by byte', async () => {
  const head = `PUT /api/likes/${BEAR} HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n`
  const answers = await Promise.all([
    raw(stack.url, head),
    raw(stack.url, `${head}{"op"`),
    raw(stack.url, head, ' '),
  ])
  for (const answer of answers) {
    expect(answer).toContain('HTTP/1.1 408')
    expect(answer).toContain('"code":"request_timeout"')
  }
  for (const method of ['POST', 'PUT', 'OPTIONS', 'DELETE']) {
    const answer = await raw(stack.url, `${method} /rank HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n`)
    expect(answer, method).toContain(`HTTP/1.1 ${method === 'OPTIONS' ? 204 : 405}`)
  }
})

test('health costs the stores one look a second, however many ask', async ({ request }) => {
  const redis = new Redis(stack.redis.url)
  const scripts = async () =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0)
  const before = await scripts()
  await Promise.all(Array.from({ length: 200 }, () => request.get(`${stack.url}/api/health`)))
  // The drain runs scripts too, some a second.
  expect((await scripts()) - before).toBeLessThan(100)
  redis.disconnect()
})

test('a visitor who leaves the cookie out, and invents addresses, is stopped by every process', async () => {
  const env = { ONECOUNT_LIMITS: 'new=5/1h' }
  const apps = [await another(env), await another(env)]
  const like = (app: AppProcess, headers: Record<string, string> = {}) =>
    fetch(`${app.url}/api/likes/${BEAR}`, { method: 'PUT', headers })
  const page = (app: AppProcess) => fetch(`${app.url}/`, { headers: { accept: 'text/html' } })

  const known = (await page(apps[0]!)).headers.getSetCookie()[0]!.split(';')[0]!
  const statuses: number[] = []
  for (let i = 0; i < 8; i++) {
    const response = await like(apps[i % 2]!, {
      'x-forwarded-for': `198.51.100.${i}`,
      'x-real-ip': `10.0.0.${i}`,
    })
    statuses.push(response.status)
  }
  expect(statuses).toEqual([200, 200, 200, 200, 429, 429, 429, 429])
  for (const app of apps) {
    const opened = await page(app)
    expect([opened.status, opened.headers.getSetCookie()]).toEqual([200, []])
    expect(await opened.text()).toMatch(/data-like-count[^>]*>\d+</)
    expect((await fetch(`${app.url}/api/likes?ids=${BEAR}`)).status).toBe(200)
    expect((await like(app, { cookie: known })).status, 'one who has a session').toBe(200)
  }
})

test('a setting that seems wrong is said once, in the log and by health', async ({ request }) => {
  const app = await another({ ONECOUNT_LIMITS: 'off' })
  for (let i = 0; i < 3; i++)
    await request.get(`${app.url}/`, { headers: { 'x-forwarded-for': '198.51.100.7' } })
  const { warnings } = await (await request.get(`${app.url}/api/health`)).json()
  expect(warnings).toEqual([expect.stringMatching(/^ONECOUNT_PROXY_HOPS is 0, .* a private address/)])
  expect(app.output().match(/ONECOUNT_PROXY_HOPS/g)).toHaveLength(1)
})

test.describe('settings that cannot work', () => {
  for (const [name, value] of [
    ['ONECOUNT_TRUSTED_ORIGINS', '*'],
    ['ONECOUNT_DRAIN_SECRET', 'short'],
    ['ONECOUNT_PROXY_HOPS', 'two'],
    ['ONECOUNT_LIMITS_STORE', 'disk'],
  ] as const) {
    test(`${name} is refused when the server starts`, async ({ request }) => {
      const app = await another({ [name]: value })
      const response = await request.get(`${app.url}/api/likes?ids=${BEAR}`)
      expect(response.status()).toBe(500)
      expect((await response.json()).error.code).toBe('misconfigured')
      expect(app.output()).toContain(name)
      await app.kill()
    })
  }
})
