import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestServer, POLAR_BEAR, SECRET } from '../../test/support/http-server'
import type { Handler } from './handler'
import { nodeListener } from './node'
import { createSession } from './session'

const { current, restart, close } = createTestServer()
beforeEach(() => restart())
afterEach(close)

/** Sends bytes as they are, and answers with everything that comes back until the connection ends. */
async function raw(text: string): Promise<string> {
  const socket = connect(Number(new URL(current.url).port), '127.0.0.1')
  let answer = ''
  socket.on('data', chunk => {
    answer += chunk
  })
  socket.write(text)
  await once(socket, 'close')
  return answer
}

describe('a plain node:http server', () => {
  it('keeps the connection for the next request', async () => {
    const get = 'GET /api/health HTTP/1.1\r\nHost: a\r\n'
    const answer = await raw(`${get}\r\n${get}Connection: close\r\n\r\n`)
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
  })

  it('reads a body sent in chunks', async () => {
    const answer = await raw(
      `PUT /api/likes/${POLAR_BEAR} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\n{"op"\r\n3\r\n:7}\r\n0\r\n\r\n`,
    )
    expect(answer).toContain('HTTP/1.1 200')
    expect(current.service.calls[0]).toMatchObject(['set', POLAR_BEAR, expect.any(String), true, { op: 7 }])
  })

  it('does not take a body that it refused for the next request', async () => {
    const answer = await raw(
      `PUT /api/likes/${POLAR_BEAR} HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\nGET /api/health HTTP/1.1\r\nHost: a\r\n\r\n`,
    )
    expect(answer).toContain('HTTP/1.1 400')
    expect(answer).toMatch(/connection: close/i)
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
  })

  it('reads two Cookie headers as one', async () => {
    const { sessionId, value } = createSession(SECRET)
    const cookies = `Cookie: theme=dark\r\nCookie: onecount_session=${value}`
    await raw(`PUT /api/likes/${POLAR_BEAR} HTTP/1.1\r\nHost: a\r\n${cookies}\r\nConnection: close\r\n\r\n`)
    expect(current.service.calls[0]).toEqual(['set', POLAR_BEAR, sessionId, true, {}])
  })

  it.each([
    ['TRACE /api/health', 405, 'method_not_allowed'],
    ['TRACE /api/likes', 405, 'method_not_allowed'],
    ['TRACE /api/nothing', 404, 'not_found'],
    ['PROPFIND /api/likes', 405, 'method_not_allowed'],
    ['GET /api/%ff', 404, 'not_found'],
    ['PUT /api/likes/%ff', 400, 'invalid_post_id'],
    ['PUT /api/likes/%', 400, 'invalid_post_id'],
    ['GET //[', 400, 'invalid_request'],
    ['GET http://[', 400, 'invalid_request'],
  ])('answers %s in the documented shape', async (line, status, code) => {
    const answer = await raw(`${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status}`))
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!).error).toMatchObject({
      code,
      message: expect.any(String),
    })
    if (status === 405) expect(answer).toMatch(/^allow: GET, HEAD, OPTIONS\r$/im)
    expect(answer).toMatch(/^onecount-time: \d+\r$/im)
  })

  it.each([
    ['never comes', ''],
    ['stops in the middle', '{"op'],
  ])('ends a body that %s', async (_, sent) => {
    await restart({ bodyTimeoutMs: 50 })
    const answer = await raw(
      `PUT /api/likes/${POLAR_BEAR} HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n${sent}`,
    )
    expect(answer).toContain('HTTP/1.1 408')
    expect(answer).toContain('"request_timeout"')
    expect(current.service.calls).toEqual([])
  })

  it('ends a body that comes byte by byte', async () => {
    await restart({ bodyTimeoutMs: 300 })
    const socket = connect(Number(new URL(current.url).port), '127.0.0.1')
    let answer = ''
    socket.on('data', chunk => {
      answer += chunk
    })
    socket.on('error', () => {})
    socket.write(`PUT /api/likes/${POLAR_BEAR} HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n`)
    const drip = setInterval(() => socket.write(' '), 20)
    await once(socket, 'close')
    clearInterval(drip)
    expect(answer).toContain('HTTP/1.1 408')
    expect(current.service.calls).toEqual([])
  })

  it("drains behind a press whose client has gone: drain: 'after'", async () => {
    await restart({ drain: 'after' })
    let begin = () => {}
    const hasBegun = new Promise<void>(resolve => {
      begin = resolve
    })
    let finish = () => {}
    const { service } = current
    const set = service.set.bind(service)
    service.set = async (...args) => {
      begin()
      await new Promise<void>(resolve => {
        finish = resolve
      })
      return set(...args)
    }
    const socket = connect(Number(new URL(current.url).port), '127.0.0.1')
    socket.write(`PUT /api/likes/${POLAR_BEAR} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await hasBegun
    const closed = once(socket, 'close')
    socket.destroy()
    await closed
    await expect.poll(current.connections).toBe(0)
    finish()
    await expect.poll(() => service.calls.map(([name]) => name)).toEqual(['set', 'flush'])
  })

  it('refuses a Host header with a user, which no Request has either', async () => {
    const answer = await raw(
      `PUT /api/likes/${POLAR_BEAR} HTTP/1.1\r\nHost: u:p@x\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 400[\s\S]*"invalid_request"/)
    expect(current.logged).toEqual([])
  })

  it('answers an impossible Host header with an error', async () => {
    expect(await raw('GET /api/health HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400/,
    )
  })
})

describe('a function around the handler', () => {
  it('gets web requests with their bodies, and its answers are sent with all their cookies', async () => {
    const around: Handler = async (request, info) => {
      const response = await current.handler!(request, info)
      response.headers.append('set-cookie', 'theme=dark')
      return response
    }
    const server = createServer(nodeListener(around)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/api/likes/${POLAR_BEAR}`
    const response = await fetch(url, { method: 'PUT', body: '{"op":7}' })
    expect(await response.json()).toMatchObject({ count: 447, liked: true })
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^onecount_session=/),
      'theme=dark',
    ])
    expect(current.service.calls[0]).toMatchObject(['set', POLAR_BEAR, expect.any(String), true, { op: 7 }])
    server.closeAllConnections()
    server.close()
  })
})
