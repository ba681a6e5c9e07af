import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSession } from './session'
import { createTestServer, POLAR_BEAR, SECRET } from './test-server'

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

  it.each(['TRACE /api/health', 'GET //[', 'GET http://['])('answers %s with an error', async line => {
    expect(await raw(`${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 40[04]/,
    )
  })

  it('answers an impossible Host header with an error', async () => {
    expect(await raw('GET /api/health HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400/,
    )
  })
})
