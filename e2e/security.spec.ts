import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type APIResponse, expect, type Page, test } from '@playwright/test'
import { FRAME_SCRIPTS } from '../app/utils/content-security-policy'
import { startApp, type TestStack } from './support/stack'
import { BEAR, bearCount, follow, realtimeReady } from './support/views'

const MISSING = '50059999-aaaa-bbbb-cccc-ddddeeee9999'

let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp()
})
test.afterAll(() => stack?.stop())

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
  const noFile = await fetch(`${stack.url}/_next/nothing`, { headers: { accept: 'text/html' } })
  expect(noFile.headers.get('content-type')).toContain('text/html')
  expect(noFile.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
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

/** Whether a page at `from` may show `path` in a frame: what the browser has put there. */
async function isFramed(page: Page, from: string, path: string): Promise<boolean> {
  await page.goto(from)
  const frame = page.locator('iframe')
  await page.evaluate(src => {
    const frame = document.createElement('iframe')
    const done = new Promise(resolve => frame.addEventListener('load', resolve))
    frame.src = src
    document.body.append(frame)
    return done
  }, stack.url + path)
  const inside = await (await frame.elementHandle())!.contentFrame()
  return (await inside!.locator('html').getAttribute('lang')) === 'en' && !inside!.url().startsWith('chrome-')
}

test('a page cannot be framed, but a post by this site, which the demo does', async ({ page }) => {
  const here = `${stack.url}/nothing`
  for (const path of ['/', '/rank', '/demo', '/profile/lucia_nature', '/likes'])
    expect([path, await isFramed(page, here, path)]).toEqual([path, false])
  expect(await isFramed(page, here, `/post/${BEAR}`)).toBe(true)
})

test('no page of another site or another port may frame a post', async ({ page }) => {
  const other = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Elsewhere</title>')
  })
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = other.address() as AddressInfo
    for (const from of [`http://127.0.0.1:${port}/`, `http://localhost:${port}/`])
      expect([from, await isFramed(page, from, `/post/${BEAR}`)]).toEqual([from, false])
  } finally {
    other.close()
  }
})

test('the server decides which pages may frame a post, by headers that no page can forge', async () => {
  const headersOf = async (headers: Record<string, string>) => {
    const response = await fetch(`${stack.url}/post/${BEAR}`, { headers })
    await response.arrayBuffer()
    const policy = response.headers.get('content-security-policy') ?? ''
    return {
      ancestors: /frame-ancestors ([^;]*)/.exec(policy)?.[1],
      option: response.headers.get('x-frame-options'),
      isNew: response.headers.getSetCookie().length > 0,
    }
  }
  const frame = (site: string) => headersOf({ 'sec-fetch-dest': 'iframe', 'sec-fetch-site': site })
  expect(await frame('same-origin')).toEqual({ ancestors: "'self'", option: 'SAMEORIGIN', isNew: true })
  for (const site of ['same-site', 'cross-site', 'none'])
    expect(await frame(site)).toEqual({ ancestors: "'none'", option: 'DENY', isNew: false })
  expect(await headersOf({ 'sec-fetch-dest': 'iframe' })).toMatchObject({
    ancestors: "'none'",
    option: 'DENY',
  })
  const opened = { 'sec-fetch-dest': 'document', 'sec-fetch-site': 'same-origin' }
  expect(await headersOf(opened)).toMatchObject({ ancestors: "'none'", option: 'DENY' })
})
