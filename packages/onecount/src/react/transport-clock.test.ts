import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHttpTransport } from './http-transport'
import '../../test/support/react-pages'
import type { LikesTransport, LikesUnreachable } from './transport'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const YEAR_MS = 365 * 24 * 3600_000
const STATE = { count: 446, liked: false, rev: 1, op: null, source: 'redis' }

let http: Server
let transport: LikesTransport
/** What the server answers; each request it has heard. */
let answer: (request: IncomingMessage, response: ServerResponse) => void
const heard: string[] = []

beforeEach(async () => {
  heard.length = 0
  http = createServer((request, response) => {
    heard.push(`${request.method}`)
    request.resume()
    answer(request, response)
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  transport = createHttpTransport({ baseUrl: `http://127.0.0.1:${port}/api/likes` })
})
afterEach(async () => {
  http.closeAllConnections()
  await new Promise(resolve => http.close(resolve))
})

function says(
  status: number,
  headers: Record<string, string>,
  body: unknown = { likes: { [POST]: STATE }, ...STATE, op: 3 },
) {
  answer = (_, response) => response.writeHead(status, headers).end(JSON.stringify(body))
}
const read = () => transport.read([POST]).catch((error: LikesUnreachable) => error)
const write = () => transport.write(POST, true, 3).catch((error: LikesUnreachable) => error)
const serverMs = () => transport.now() / 1000

describe("the server's time", () => {
  it.each([-YEAR_MS, YEAR_MS, 3600_000])('comes with each answer, %d ms from here', async offset => {
    expect(transport.clock!.latest()).toBeUndefined()
    for (const status of [200, 404, 503]) {
      says(status, { 'onecount-time': String(Date.now() + offset), date: new Date().toUTCString() })
      await read()
      expect(Math.abs(serverMs() - Date.now() - offset)).toBeLessThan(1000)
      offset += 60_000
    }
  })

  it('comes with the Date of the answer where nothing better does', async () => {
    says(200, { date: new Date(Date.now() + YEAR_MS).toUTCString() })
    await read()
    expect(Math.abs(serverMs() - Date.now() - YEAR_MS)).toBeLessThan(2000)
  })

  it('is that of this device while whole seconds can tell no difference', async () => {
    says(200, { date: new Date(Date.now() + 2000).toUTCString() })
    await read()
    expect(Math.abs(serverMs() - Date.now())).toBeLessThan(500)
  })

  it.each(['', 'x', '-5', '1e300', '0'])('is not %o', async text => {
    says(200, { 'onecount-time': text, date: new Date().toUTCString() })
    await read()
    expect(Math.abs(serverMs() - Date.now())).toBeLessThan(500)
  })

  it('comes with a refused op, also where no header does', async () => {
    const now = Math.round(Date.now() - YEAR_MS)
    answer = (_, response) => {
      response.sendDate = false
      response
        .writeHead(409)
        .end(JSON.stringify({ error: { code: 'op_ahead', message: 'x', field: 'op', now } }))
    }
    expect(await write()).toMatchObject({ name: 'LikesRefused', code: 'op_ahead', now })
    expect(Math.abs(serverMs() - now)).toBeLessThan(1000)
  })
})

describe('a server that asks to wait', () => {
  it.each([429, 503])('is not read before, after %i to a read', async status => {
    says(status, { 'retry-after': '20' }, { error: { code: 'busy', message: 'later' } })
    expect(await read()).toMatchObject({ retryAfterMs: 20_000 })
    const error = (await read()) as LikesUnreachable
    expect(error.name).toBe('LikesUnreachable')
    expect(error.retryAfterMs).toBeGreaterThan(15_000)
    expect(heard).toEqual(['GET'])
    expect(transport.waitMs!()).toBeGreaterThan(15_000)
  })

  it('with 503 gets no press before either, and the other way round', async () => {
    says(503, { 'retry-after': '20' })
    expect(await write()).toMatchObject({ retryAfterMs: 20_000 })
    await write()
    await read()
    expect(heard).toEqual(['PUT'])
  })

  it('with 429 to a read still takes a press; to a press, a read', async () => {
    says(429, { 'retry-after': '20' }, { error: { code: 'too_many_requests', message: 'wait' } })
    await read()
    expect(await write()).toMatchObject({ code: 'too_many_requests', retryAfterMs: 20_000 })
    expect(heard).toEqual(['GET', 'PUT'])
  })

  it('while it answers well is not read in the background, but for a person', async () => {
    says(200, { 'retry-after': '20' })
    expect(await read()).toBeInstanceOf(Map)
    expect(transport.waitMs!()).toBeGreaterThan(15_000)
    expect(await read()).toBeInstanceOf(Map)
  })

  it('may say until when as a date, by its own clock', async () => {
    const now = Date.now() + YEAR_MS
    says(503, { 'onecount-time': String(now), 'retry-after': new Date(now + 30_000).toUTCString() })
    await read()
    expect(transport.waitMs!()).toBeGreaterThan(25_000)
    expect(transport.waitMs!()).toBeLessThan(32_000)
  })

  it.each(['', '0', '-3', 'soon', '1.5'])('for %o does not ask to wait', async text => {
    says(503, { 'retry-after': text })
    await read()
    expect(transport.waitMs!()).toBe(0)
  })

  it('is asked again when the time is over', async () => {
    says(503, { 'retry-after': '1' })
    await read()
    says(200, {})
    await expect.poll(read).toBeInstanceOf(Map)
    expect(heard).toHaveLength(2)
  })
})

describe('an answer that is none', () => {
  it.each([
    [200, '<html>'],
    [200, '{}'],
    [200, 'null'],
    [429, '<html>'],
  ])('%i %s is no answer', async (status, body) => {
    answer = (_, response) => response.writeHead(status, { 'retry-after': '20' }).end(body)
    expect(await read()).toMatchObject({ name: 'LikesUnreachable' })
  })
})
