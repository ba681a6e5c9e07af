import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { postgresPort } from 'onecount/postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { connectionIp } from './address'
import { onecountNext } from './onecount-next'

let server: Server
let seen: Headers[] = []
let urls: unknown[] = []
beforeAll(async () => {
  vi.stubEnv('ONECOUNT_SECRET', 'a-secret-for-tests-that-is-long-enough')
  const onecount = onecountNext({
    postgres: () => postgresPort(async () => null),
    drain: 'none',
    readOnlyPages: true,
    name: 'server-hook-test',
  })
  onecount.register()
  onecount.register()
  server = createServer((request, response) => {
    urls.push(request.url)
    seen.push(new Headers(request.headers as Record<string, string>))
    if (request.url === '/cookie') response.setHeader('set-cookie', 'a=1')
    response.setHeader('cache-control', 's-maxage=60')
    response.end('page')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  vi.unstubAllEnvs()
})
beforeEach(() => {
  seen = []
  urls = []
})

/** Sends bytes as they are, and answers with everything that comes back. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    let answer = ''
    socket.on('data', chunk => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
    socket.write(text)
  })
}
const ask = (line: string, headers = '') =>
  raw(`${line} HTTP/1.1\r\nHost: a\r\n${headers}Connection: close\r\n\r\n`)

describe('a server of this process', () => {
  it('tells the address of the connection, whatever the client writes', async () => {
    await ask('GET /', 'Onecount-Connection-Ip: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7\r\n')
    expect(connectionIp(seen[0]!)).toBe('127.0.0.1')
  })

  it('marks background requests of Next, and none because a client says so', async () => {
    await ask('GET /rank?_rsc=abc')
    await ask('GET /rank', 'RSC: 1\r\n')
    await ask('GET /rank', 'Onecount-No-Session: 1\r\n')
    expect(seen.map(headers => headers.get('onecount-no-session'))).toEqual(['1', '1', null])
  })

  it('keeps every answer that sets a cookie out of every cache', async () => {
    expect(await ask('GET /cookie')).toMatch(/^cache-control: private, no-store\r$/im)
    expect(await ask('GET /')).toMatch(/^cache-control: s-maxage=60\r$/im)
  })

  it('ends the connection of a body that was not read', async () => {
    const answer = await raw('GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n')
    expect(answer).toMatch(/^connection: close\r$/im)
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'lets no page wait for the body of a %s',
    async method => {
      const answer = await raw(`${method} /rank HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n`)
      expect(answer).toContain(`HTTP/1.1 ${method === 'OPTIONS' ? 204 : 405}`)
      expect(answer).toMatch(/^allow: GET, HEAD, OPTIONS\r$/im)
      expect(answer).toMatch(/^connection: close\r$/im)
      expect(seen).toEqual([])
    },
  )

  it.each([
    ['http://a/api/likes?ids=1', '/api/likes?ids=1'],
    ['http://elsewhere.example', '/'],
    ['http://elsewhere.example?a=1', '/?a=1'],
    ['/rank?next=http://a/b', '/rank?next=http://a/b'],
  ])('hands %s on as %s', async (address, path) => {
    await ask(`GET ${address}`)
    expect(urls).toEqual([path])
  })

  it.each([
    ['TRACE /api/likes', 405, 'method_not_allowed'],
    ['PROPFIND /api/likes', 405, 'method_not_allowed'],
    ['TRACE /api/nothing', 404, 'not_found'],
    ['PUT /api/likes/%ff', 400, 'invalid_post_id'],
    ['GET /api/%ff', 404, 'not_found'],
    ['BREW /api/likes', 405, 'method_not_allowed'],
    ['get /api/likes', 405, 'method_not_allowed'],
    ['TRACE http://a/api/likes', 405, 'method_not_allowed'],
    ['TRACK /api/likes', 405, 'method_not_allowed'],
    ['CONNECT /api/likes', 405, 'method_not_allowed'],
  ])('answers %s in the documented shape', async (line, status, code) => {
    const answer = await ask(line)
    const [head, body] = answer.split('\r\n\r\n') as [string, string]
    expect(head).toContain(`HTTP/1.1 ${status}`)
    expect(head).toMatch(/^content-type: application\/json\r?$/im)
    expect(head).toMatch(/^onecount-time: \d+\r?$/im)
    expect(JSON.parse(body)).toEqual({
      error: expect.objectContaining({ code, message: expect.any(String) }),
    })
    if (status === 405) expect(head).toMatch(/^allow: /im)
    expect(seen).toEqual([])
  })

  it.each([
    ['GET /profile/%ff', 400],
    ['GET /%', 400],
    ['GET /profile/%00', 400],
    ['TRACE /rank', 405],
    ['BREW /rank', 405],
    ['CONNECT a:1', 405],
    ['OPTIONS *', 204],
    ['nonsense', 400],
  ])('answers %s clearly, and Next does not see it', async (line, status) => {
    expect(await ask(line)).toContain(`HTTP/1.1 ${status}`)
    expect(seen).toEqual([])
  })

  it('hands on every address that can be decoded', async () => {
    expect(await ask('GET /profile/%C3%B1and%C3%BA?before=%ff')).toContain('HTTP/1.1 200')
  })
})
