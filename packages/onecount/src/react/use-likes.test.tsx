// @vitest-environment jsdom
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import '../../test/support/react-pages'
import { createHttpTransport } from './http-transport'
import { LikesProvider, useLikesStore } from './provider'
import type { LikeInput } from './registers'
import { useLikes } from './use-likes'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const OTHER = '50050002-aaaa-bbbb-cccc-ddddeeee0002'
const SEED: LikeInput = { count: 446, liked: false, rev: 10, source: 'redis' }

/** A server of one counter that speaks the HTTP API. */
const CALM = { count: 446, liked: false, rev: 10, source: 'redis', hasRedis: true, down: false }
const server = { ...CALM, isUnknown: false, reads: [] as string[][] }
let http: Server
let baseUrl: string

beforeEach(async () => {
  localStorage.clear()
  Object.assign(server, CALM, { isUnknown: false, reads: [] })
  http = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-methods', '*')
    response.setHeader('access-control-allow-headers', '*')
    response.setHeader('access-control-expose-headers', '*')
    if (!server.hasRedis) response.setHeader('onecount-redis', 'off')
    const state = () => ({
      count: server.count,
      liked: server.liked,
      rev: server.rev,
      op: null,
      source: server.source,
      ...(server.isUnknown && { count: null, liked: null, rev: 0, source: 'unknown' }),
    })
    const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body))
    if (request.method === 'OPTIONS') return answer(200, {})
    if (server.down) return answer(503, { error: { code: 'unavailable', message: 'later' } })
    if (request.method === 'GET') {
      const ids = new URL(request.url!, 'http://localhost').searchParams.get('ids')!.split(',')
      server.reads.push(ids)
      return answer(200, { likes: Object.fromEntries(ids.map(id => [id, state()])) })
    }
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      server.liked = request.method === 'PUT'
      server.count += server.liked ? 1 : -1
      server.rev++
      answer(200, { postId: POST, ...state(), op: JSON.parse(body).op, durable: false })
    })
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}/api/likes`
})

afterEach(async () => {
  cleanup()
  http.closeAllConnections()
  await new Promise(resolve => http.close(resolve))
})

function View({ name, postId = POST, seed = SEED }: { name: string; postId?: string; seed?: LikeInput }) {
  const { count, liked, status, toggle } = useLikes(postId, seed)
  return (
    <button type="button" data-testid={name} data-status={status} onClick={toggle}>
      {count ?? '–'} {liked ? 'liked' : 'not liked'}
    </button>
  )
}

const app = (views: React.ReactNode) => (
  <LikesProvider transport={createHttpTransport({ baseUrl })}>{views}</LikesProvider>
)
const text = (name: string) => screen.getByTestId(name).textContent
const status = (name: string) => screen.getByTestId(name).dataset.status

describe('useLikes', () => {
  it('renders the seed on the server', () => {
    expect(renderToString(app(<View name="a" />))).toContain('446')
    expect(
      renderToString(app(<View name="a" seed={{ ...SEED, count: null, source: 'unknown' }} />)),
    ).toContain('–')
  })

  it('shows a press in every view at once and keeps the answer', async () => {
    render(app([<View key="a" name="a" />, <View key="b" name="b" />]))
    fireEvent.click(screen.getByTestId('a'))
    expect([text('a'), text('b')]).toEqual(['447 liked', '447 liked'])
    await expect.poll(() => status('a')).toBe('exact')
    expect([text('a'), text('b')]).toEqual(['447 liked', '447 liked'])
    expect(server).toMatchObject({ count: 447, liked: true })
  })

  it('reads all the posts of a page in one request when it appears', async () => {
    render(
      app([<View key="a" name="a" />, <View key="b" name="b" postId={OTHER} />, <View key="c" name="c" />]),
    )
    await expect.poll(() => server.reads).toEqual([[POST, OTHER]])
  })

  it('takes a newer number from the server and never an older seed', async () => {
    Object.assign(server, { count: 450, rev: 20 })
    const { rerender } = render(app(<View name="a" />))
    await expect.poll(() => text('a')).toBe('450 not liked')
    rerender(app([<View key="a" name="a" />, <View key="b" name="b" seed={SEED} />]))
    expect([text('a'), text('b')]).toEqual(['450 not liked', '450 not liked'])
  })

  it('says that Postgres has answered instead of Redis, and nothing where there is no Redis', async () => {
    Object.assign(server, { count: 447, rev: 11, source: 'postgres' })
    const { unmount } = render(app(<View name="a" />))
    await expect.poll(() => [text('a'), status('a')]).toEqual(['447 not liked', 'lagging'])
    unmount()

    server.hasRedis = false
    render(app(<View name="b" seed={{ ...SEED, source: undefined }} />))
    expect(status('b')).toBe('exact')
    await expect.poll(() => [text('b'), status('b')]).toEqual(['447 not liked', 'exact'])
    fireEvent.click(screen.getByTestId('b'))
    await expect.poll(() => [text('b'), status('b')]).toEqual(['448 liked', 'exact'])
  })

  it('shows a count as exact that it has read from Postgres alone, whatever status the page had', async () => {
    Object.assign(server, { source: 'postgres', hasRedis: false })
    render(app(<View name="a" seed={{ ...SEED, source: 'postgres' }} />))
    expect(status('a')).toBe('lagging')
    await expect.poll(() => status('a')).toBe('exact')
  })

  it('goes on reading until it knows the heart, also when an event has brought the number', async () => {
    Object.assign(server, { isUnknown: true, liked: true, count: 447, rev: 20 })
    let hear: (input: LikeInput) => void = () => {}
    function Ear() {
      const store = useLikesStore()
      hear = input => store.post(POST).receive(input)
      return null
    }
    const unknown: LikeInput = { count: null, liked: null, rev: 0, source: 'unknown' }
    render(app([<Ear key="ear" />, <View key="a" name="a" seed={unknown} />]))
    await expect.poll(() => server.reads.length).toBe(1)
    expect(text('a')).toBe('– not liked')
    hear({ count: 447, rev: 20 })
    await expect.poll(() => text('a')).toBe('447 not liked')
    server.isUnknown = false
    await expect.poll(() => text('a')).toBe('447 liked')
  })

  it('says that a number is the last known one while the server cannot be read', async () => {
    server.down = true
    render(app(<View name="a" />))
    await expect.poll(() => status('a'), { timeout: 5000 }).toBe('last-known')
    expect(text('a')).toBe('446 not liked')
  })
})
