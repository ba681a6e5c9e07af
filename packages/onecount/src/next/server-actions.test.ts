import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { postgresPort } from '../postgres/rpc'
import { onecountNext } from './onecount-next'

let server: Server
let url: string
beforeAll(async () => {
  vi.stubEnv('ONECOUNT_SECRET', 'a-secret-for-tests-that-is-long-enough')
  onecountNext({
    postgres: () => postgresPort(async () => null),
    basePath: '/api/onecount',
    drain: 'none',
    name: 'server-actions-test',
  }).register()
  server = createServer((request, response) => {
    request.resume().on('end', () => response.end(`${request.method} ${request.url}`))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  vi.unstubAllEnvs()
})

it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('hands a %s to a page on to Next', async method => {
  const response = await fetch(`${url}/rank`, { method, ...(method === 'POST' && { body: 'action' }) })
  expect([response.status, await response.text()]).toEqual([200, `${method} /rank`])
})

it.each(['/api/onecount', '/api/onecount/likes?ids=1'])('knows %s as an address of the API', async path => {
  const response = await fetch(`${url}${path}`, { method: 'PROPFIND' })
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toMatchObject({ error: { code: expect.any(String) } })
})

it.each(['/api/onecounting', '/api/other', '/rank'])('does not take %s for one', async path => {
  const response = await fetch(`${url}${path}`, { method: 'PROPFIND' })
  expect([response.status, response.headers.get('content-type')]).toEqual([405, 'text/plain; charset=utf-8'])
})

it('leaves the other addresses of the application to it', async () => {
  expect(await (await fetch(`${url}/api/other`)).text()).toBe('GET /api/other')
})
