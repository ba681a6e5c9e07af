import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type APIResponse, expect, type Page, test } from '@playwright/test'
import { Redis } from 'ioredis'
import { FRAME_SCRIPTS } from '../app/utils/content-security-policy'
import { type AppProcess, startAppProcess } from './support/app-process'
import { startApp, type TestStack } from './support/stack'
import { BEAR, bearCount, follow, realtimeReady } from './support/views'

const MISSING = '50059999-aaaa-bbbb-cccc-ddddeeee9999'
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

const FLIGHT = { rsc: '1' }
const PREFETCH = { ...FLIGHT, 'next-router-prefetch': '1' }
const SEGMENT = { ...PREFETCH, 'next-router-segment-prefetch': '/_tree' }

/** Kinds of answers; `opened`: a page that a person opens, which alone gives a session. */
const KINDS: [kind: string, path: string, init?: { method?: string; headers?: Record<string, string> }][] = [
  ...['/', '/rank', '/profile/lucia_nature', `/post/${BEAR}`].flatMap(
    path =>
      [
        [`navigation`, path, { headers: FLIGHT }],
        [`prefetch`, path, { headers: PREFETCH }],
        [`segment prefetch`, path, { headers: SEGMENT }],
        [`router's address`, `${path}?_rsc=abc`],
        [`prefetch of a document`, path, { headers: { 'sec-purpose': 'prefetch' } }],
        [`frame`, path, { headers: { 'sec-fetch-dest': 'iframe' } }],
        [`HEAD`, path, { method: 'HEAD' }],
        [`OPTIONS`, path, { method: 'OPTIONS' }],
        [`POST`, path, { method: 'POST' }],
      ] as [string, string, { method?: string; headers?: Record<string, string> }?][],
  ),
  ['navigation to nothing', '/nothing', { headers: FLIGHT }],
  ['prefetch of nothing', `/post/${MISSING}`, { headers: PREFETCH }],
  ['router file', '/rank.rsc'],
  ['segment file', '/rank.segments/_tree.segment.rsc'],
  ['redirect', '/rank/'],
  ['picture', '/icon.svg'],
  ['picture as a document', '/icon.svg', { headers: { 'sec-fetch-dest': 'document' } }],
  ['manifest', '/manifest.webmanifest'],
  ['missing picture', '/scenes/nothing.svg'],
  ['missing file of the build', '/_next/static/nothing.js'],
  ['image that is refused', '/_next/image?url=/x&w=1&q=1'],
  ['malformed address', '/profile/%ff'],
  ['API error', '/api/likes?ids='],
  ['API 404', '/api/nothing'],
  ['API OPTIONS', '/api/likes', { method: 'OPTIONS' }],
  ['API 405', '/api/likes', { method: 'POST' }],
  [
    'API refusal',
    `/api/likes/${MISSING}`,
    { method: 'PUT', headers: { origin: 'https://elsewhere.example' } },
  ],
  ['health', '/api/health'],
]

/** Whether a shared cache may keep an answer. */
const isShareable = ({ 'cache-control': control = '' }: Record<string, string>) =>
  !/private|no-store/.test(control)

test('only a page that a person opens gives a session, and no cache may keep that answer', async ({
  request,
}) => {
  for (const [kind, path, { method = 'GET', headers = {} } = {}] of KINDS) {
    const response = await request.fetch(`${stack.url}${path}`, { method, headers, maxRedirects: 0 })
    const answers: APIResponse[] = [response]
    const { location } = response.headers()
    // Next sends a router to the address that it should have asked; a person who is sent on opens a page.
    if (location && 'rsc' in headers)
      answers.push(await request.fetch(new URL(location, stack.url).href, { method, headers }))
    for (const answer of answers) {
      expect(answer.headers()['set-cookie'], `${kind} ${path}: ${answer.status()}`).toBeUndefined()
      expect(answer.status(), `${kind} ${path}`).toBeLessThan(500)
    }
  }
  for (const path of [
    '/',
    '/rank',
    '/profile/lucia_nature',
    `/post/${BEAR}`,
    '/nothing',
    `/post/${MISSING}`,
  ]) {
    const response = await fetch(`${stack.url}${path}`, { headers: { accept: 'text/html' } })
    await response.arrayBuffer()
    expect(response.headers.getSetCookie(), path).toHaveLength(1)
    expect(response.headers.get('cache-control'), path).toBe('private, no-store')
    expect(response.headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'")
    expect(response.headers.get('referrer-policy'), path).toBe('strict-origin-when-cross-origin')
    expect(response.headers.get('x-content-type-options'), path).toBe('nosniff')
    expect(response.headers.get('permissions-policy'), path).toContain('camera=()')
    expect(response.headers.get('strict-transport-security'), path).toBeNull()
  }
  // There are answers that a shared cache keeps: otherwise nothing was shown above.
  const prefetch = await request.get(`${stack.url}/rank`, { headers: SEGMENT })
  expect(isShareable(prefetch.headers())).toBe(true)
})

test('a file that has not changed is answered without a cookie', async ({ request }) => {
  const script = /\/_next\/static\/[^"]+\.js/.exec(await (await request.get(`${stack.url}/`)).text())![0]
  const first = await fetch(`${stack.url}${script}`)
  const again = await fetch(`${stack.url}${script}`, {
    headers: { 'if-none-match': first.headers.get('etag') ?? '', 'cache-control': 'max-age=0' },
  })
  for (const { status, headers } of [first, again]) {
    expect([200, 304]).toContain(status)
    expect(headers.getSetCookie()).toEqual([])
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  }
})

test('over HTTPS the cookie is of this host alone, and takes over the session of the old name', async () => {
  const open = async (headers: Record<string, string>) => {
    const response = await fetch(`${stack.url}/`, { headers })
    await response.arrayBuffer()
    return response
  }
  const old = (await open({})).headers.getSetCookie()[0]!.split(';')[0]!
  const session = old.slice(old.indexOf('=') + 1)
  const response = await open({ cookie: old, 'x-forwarded-proto': 'https' })
  const [cookie] = response.headers.getSetCookie()
  expect(cookie).toBe(
    `__Host-onecount_session=${session}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure`,
  )
  expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000')
  const api = await fetch(`${stack.url}/api/likes?ids=${BEAR}`, {
    headers: { cookie: cookie!.split(';')[0]!, 'x-forwarded-proto': 'https' },
  })
  expect(api.headers.getSetCookie()).toEqual([])
})

test('every page keeps to its security policy, and works', async ({ page }) => {
  const violations = watchViolations(page)
  const realtime = realtimeReady(page)
  await page.addInitScript(() => localStorage.setItem('theme', 'dark'))
  for (const path of ['/', '/rank', '/profile/lucia_nature', `/post/${BEAR}`]) {
    await page.goto(`${stack.url}${path}`)
    await expect(bearCount(page)).toHaveText('446')
    expect(await page.evaluate(() => document.documentElement.dataset.theme), path).toBe('dark')
  }
  await realtime
  await page.goto(`${stack.url}/rank`)
  await follow(page, `/post/${BEAR}`)
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.press('Escape')
  await follow(page, '/')
  await expect(bearCount(page)).toHaveText('446')
  await page.getByRole('button', { name: /light and dark/i }).click()
  for (const path of ['/nothing', `/post/${MISSING}`, '/profile/nobody_of_that_name', '/?before=x']) {
    await page.goto(`${stack.url}${path}`)
    await expect(page.getByRole('main')).toBeVisible()
  }
  expect(violations).toEqual([])
})

/** What the browser says it has kept a page from doing. */
function watchViolations(page: Page): string[] {
  const violations: string[] = []
  page.on('console', message => {
    if (/content security policy|permissions-policy/i.test(message.text())) violations.push(message.text())
  })
  return violations
}

test('the policy allows every inline script of the frames that were rendered at build time', () => {
  const folder = join(import.meta.dirname, '../.next/server/app')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const frames = files.filter(file => file.endsWith('.html') && !file.includes('_global-error'))
  expect(frames.length).toBeGreaterThan(3)
  for (const file of frames) {
    const html = readFileSync(join(folder, file), 'utf8')
    for (const [, script] of html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([^<]+)/g))
      expect(FRAME_SCRIPTS, file).toContain(script)
  }
})

test('a page cannot be framed', async ({ page }) => {
  await page.goto(`${stack.url}/nothing`)
  const violated = page.waitForEvent('console', message => /frame-ancestors/.test(message.text()))
  await page.evaluate(() => {
    const frame = document.createElement('iframe')
    frame.src = '/rank'
    document.body.append(frame)
  })
  await violated
})

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

test('a post that is created right after nobody found it is there within seconds', async ({ request }) => {
  const id = '50059999-aaaa-bbbb-cccc-ddddeeee8888'
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
  expect(warnings).toEqual([expect.stringMatching(/^ONECOUNT_PROXY_HOPS is 0, .* 127\.0\.0\.1/)])
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
