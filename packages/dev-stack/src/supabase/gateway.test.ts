import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { type LocalSupabase, startSupabase } from '../services/supabase'

const BEAR = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const STATUS = '/rest/v1/rpc/onecount_status'
const POSTS = '/rest/v1/posts_new?select=id&limit=1'
const PAGE = 'http://localhost:3210'
const OTHER = 'http://evil.example'
let supabase: LocalSupabase

beforeAll(async () => {
  supabase = await startSupabase({ seed: true })
  await supabase.allow([PAGE, 'http://127.0.0.1:3210'])
})
afterAll(() => supabase.stop())

interface Sent {
  method?: string
  headers?: Record<string, string>
  body?: string
}
interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

/** Sends headers that `fetch` does not let a program set. */
function send(path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(supabase.url + path, { method, headers }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
    })
    request.on('error', reject)
    request.end(body)
  })
}

const secret = (more: Record<string, string> = {}) => ({ apikey: supabase.secretKey, ...more })
const asJson = { 'content-type': 'application/json' }
const call = (headers: Record<string, string>, body = '{"p_partition":0}') =>
  send(STATUS, { method: 'POST', headers: { ...asJson, ...headers }, body })
const stillAnswers = async () => expect((await call(secret())).status).toBe(200)

describe('pages of other sites', () => {
  it.each([
    ['reading rows with the secret key', '/rest/v1/post_ratings?select=*', {}],
    ['reading posts', POSTS, {}],
    ['asking who is signed in', '/auth/v1/user', {}],
    ['a key in the address', `${POSTS}&apikey=KEY`, {}],
    ['a frame without an origin', POSTS, { origin: 'null' }],
    ['another port of this machine', POSTS, { origin: 'http://localhost:3211' }],
    [
      'an image, which carries no origin',
      `${POSTS}&apikey=KEY`,
      { origin: '', 'sec-fetch-site': 'cross-site' },
    ],
  ])('are refused: %s', async (_, path, more) => {
    const headers: Record<string, string> = { origin: OTHER, ...secret(), ...more }
    if (headers.origin === '') delete headers.origin
    const {
      status,
      headers: answered,
      text,
    } = await send(path.replace('KEY', supabase.secretKey), { headers })
    expect(status).toBe(403)
    expect(answered['access-control-allow-origin']).toBeUndefined()
    expect(text).not.toContain('seed-')
    await stillAnswers()
  })

  it('get no leave from a preflight', async () => {
    const headers = { origin: OTHER, 'access-control-request-method': 'POST' }
    const { status, headers: answered } = await send(STATUS, { method: 'OPTIONS', headers })
    expect(status).toBe(403)
    expect(Object.keys(answered).filter(name => name.startsWith('access-control-'))).toEqual([])
  })

  it('are refused where their name leads to this machine', async () => {
    const { status } = await send(POSTS, { headers: secret({ host: 'evil.example:54321' }) })
    expect(status).toBe(421)
  })

  it.each([OTHER, 'null', 'http://localhost:3211'])('open no socket of Realtime: %s', async origin => {
    expect(await handshake({ origin })).toBe(403)
  })
})

describe('pages of the application', () => {
  it('read rows, and are told by name that they may', async () => {
    for (const origin of [PAGE, 'http://127.0.0.1:3210']) {
      const { status, headers } = await send(POSTS, { headers: { apikey: supabase.publishableKey, origin } })
      expect(status).toBe(200)
      expect(headers['access-control-allow-origin']).toBe(origin)
      expect(headers.vary).toContain('Origin')
    }
  })

  it('get leave from a preflight for the headers that they ask for', async () => {
    const { status, headers } = await send(POSTS, {
      method: 'OPTIONS',
      headers: {
        origin: PAGE,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'apikey,x-client-info',
      },
    })
    expect(status).toBe(204)
    expect(headers['access-control-allow-origin']).toBe(PAGE)
    expect(headers['access-control-allow-headers']).toBe('apikey,x-client-info')
  })

  it('open a socket of Realtime', async () => {
    expect(await handshake({ origin: PAGE })).toBe(101)
    expect(await handshake({ origin: PAGE, key: 'sb_publishable_of_another_folder' })).toBe(401)
  })
})

describe('a request that cannot be answered', () => {
  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])('%s of a function is refused', async method => {
    const { status, headers } = await send(`${STATUS}?p_partition=0`, { method, headers: secret() })
    expect([status, headers.allow]).toEqual([405, 'POST'])
    await stillAnswers()
  })

  it('a function by other spellings of its address is refused too', async () => {
    for (const path of [
      '/rest/v1/%72pc/onecount_status',
      '/rest/v1//rpc/onecount_status',
      '/rest/v1/rpc%2fonecount_status',
    ])
      expect((await send(path, { headers: secret() })).status).toBe(405)
  })

  it('a key in the address stands for the header, as on a hosted project', async () => {
    const { status, text } = await send(`${POSTS}&apikey=${supabase.publishableKey}`)
    expect([status, text]).toEqual([200, JSON.stringify([{ id: BEAR }])])
    expect((await send(`${POSTS}&apikey=wrong`)).status).toBe(401)
    const posted = await send(`${STATUS}?apikey=${supabase.secretKey}`, {
      method: 'POST',
      headers: asJson,
      body: '{"p_partition":0}',
    })
    expect(posted.status).toBe(200)
  })

  it.each([
    ['malformed JSON', '{"p_partition":'],
    ['no object', '[1,2'],
    ['an unknown argument', '{"apikey":1}'],
    ['a value of another type', '{"p_partition":"x"}'],
    ['no body', ''],
  ])('%s is an error, and the next request is answered', async (_, body) => {
    const { status } = await call(secret(), body)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    await stillAnswers()
  })

  it.each([
    '/',
    '/auth/v1/authorize',
    '/auth/v1/admin/users',
    '/storage/v1/bucket',
    '/config',
    '/%ff',
    '/rest/v1/rpc/%ff',
    '//',
    '/rest',
  ])('there is nothing at %s', async path => {
    const { status } = await send(path, { headers: secret() })
    expect([400, 404, 405]).toContain(status)
    await stillAnswers()
  })

  it('a body that is too large is refused, and one that does not come holds up no other', async () => {
    const large = await call(
      secret(),
      JSON.stringify({ p_partition: 0, x: 'x'.repeat(17 * 1024 * 1024) }),
    ).catch(() => ({ status: 413 }))
    expect(large.status).toBe(413)
    const { hostname, port } = new URL(supabase.url)
    const half = connect(Number(port), hostname)
    half.write(
      `POST ${STATUS} HTTP/1.1\r\nHost: ${hostname}\r\napikey: ${supabase.secretKey}\r\n` +
        'content-type: application/json\r\ncontent-length: 100\r\n\r\n{"p_part',
    )
    await stillAnswers()
    half.destroy()
    await stillAnswers()
  })

  it('a socket that sends no protocol is closed, and the server goes on', async () => {
    for (const frame of [
      'null',
      '5',
      '[]',
      '{}',
      '["1","1","realtime:a","phx_join",{"config":{"postgres_changes":[{"event":5}]}}]',
    ]) {
      const socket = new WebSocket(socketUrl('2.0.0'))
      const closed = new Promise<number>(resolve => socket.once('close', resolve))
      socket.once('open', () => socket.send(frame))
      expect(await closed).toBe(1003)
    }
    const { hostname, port } = new URL(supabase.url)
    for (const path of ['//', '/realtime/v1/websocket?apikey=%ff']) {
      const raw = connect(Number(port), hostname)
      const gone = new Promise(resolve => raw.once('close', resolve))
      raw
        .resume()
        .write(
          `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
        )
      await gone
    }
    await stillAnswers()
  })
})

const socketUrl = (version: string, key = supabase.publishableKey) =>
  `${supabase.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${key}&vsn=${version}`

/** The status that a handshake is answered with. */
function handshake({ origin, key }: { origin: string; key?: string }): Promise<number> {
  const socket = new WebSocket(socketUrl('2.0.0', key), { headers: { origin } })
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode!))
    socket.on('open', () => {
      resolve(101)
      socket.terminate()
    })
  })
}
