// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServer, POST } from '../../test/support/react-pages'
import { LikeButton } from './like-button'
import { LikesSeed } from './likes-seed'
import { LikesProvider, useLikesStore } from './provider'
import { type LikeInput, likesKey } from './registers'
import type { LikesStore } from './store'
import { LikesUnreachable } from './transport'
import { useLikes } from './use-likes'

const SEEDS = {
  like: { [POST]: { count: 446, liked: false, rev: 1, source: 'redis' } as LikeInput },
  bookmark: { [POST]: { count: 446, liked: true, rev: 1, source: 'redis' } as LikeInput },
}

let likes: ReturnType<typeof createServer>
let bookmarks: ReturnType<typeof createServer>
let client: QueryClient
const stores: Record<string, LikesStore> = {}

function Article() {
  stores.like = useLikesStore()
  stores.bookmark = useLikesStore('bookmark')
  return (
    <>
      <LikeButton postId={POST} text={() => 'like'} />
      <LikeButton postId={POST} kind="bookmark" text={() => 'bookmark'} />
    </>
  )
}

const page = () => (
  <QueryClientProvider client={client}>
    <LikesProvider transport={likes.transport}>
      <LikesProvider kind="bookmark" transport={{ ...bookmarks.transport, address: '/api/bookmarks' }}>
        <Article />
      </LikesProvider>
    </LikesProvider>
  </QueryClientProvider>
)
const button = (name: string) => screen.getByRole('button', { name })
const shown = () => [button('like').textContent, button('bookmark').textContent]
const kept = () => Object.keys(localStorage).filter(name => name.startsWith('onecount:'))

beforeEach(() => {
  localStorage.clear()
  client = new QueryClient()
  likes = createServer()
  bookmarks = createServer()
  bookmarks.server.redis.others = bookmarks.server.postgres.others = 7
})
afterEach(cleanup)

describe('likes and bookmarks of the same post on one page', () => {
  it('have a number each, and a press changes one of them', async () => {
    render(page())
    await expect.poll(shown).toEqual(['♡ 446', '♡ 7'])
    fireEvent.click(button('bookmark'))
    expect(shown()).toEqual(['♡ 446', '♥ 8'])
    await expect.poll(() => bookmarks.server.count()).toBe(8)
    expect([likes.server.writes.length, likes.server.count()]).toEqual([0, 446])
    fireEvent.click(button('like'))
    await expect.poll(() => likes.server.count()).toBe(447)
    expect(shown()).toEqual(['♥ 447', '♥ 8'])
  })

  it('have a query each in one client; that of the default kind is what it is without kinds', async () => {
    render(page())
    await expect.poll(shown).toEqual(['♡ 446', '♡ 7'])
    expect(likesKey(POST)).toEqual(['onecount', POST])
    expect(likesKey(POST, 'bookmark')).toEqual(['onecount', POST, 'bookmark'])
    expect(client.getQueryData(likesKey(POST))).toMatchObject({ count: 446 })
    expect(client.getQueryData(likesKey(POST, 'bookmark'))).toMatchObject({ count: 7 })
    const { reads } = bookmarks.server
    stores.like!.refreshActive()
    await expect.poll(() => likes.server.reads).toBe(2)
    expect(bookmarks.server.reads).toBe(reads)
  })

  it('are kept apart in the storage until they are durable, and sent to their own server by the next page', async () => {
    likes.server.isUp = bookmarks.server.isUp = false
    const { unmount } = render(page())
    fireEvent.click(button('like'))
    fireEvent.click(button('bookmark'))
    fireEvent.click(button('bookmark'))
    expect(kept().sort()).toEqual([`onecount:kept/bookmark@/api/bookmarks:${POST}`, `onecount:kept:${POST}`])
    unmount()
    client = new QueryClient()
    likes.server.isUp = bookmarks.server.isUp = true
    render(page())
    await expect.poll(() => likes.server.redis.op % 2).toBe(1)
    await expect.poll(() => bookmarks.server.redis.op).toBeGreaterThan(1)
    likes.server.drain()
    bookmarks.server.drain()
    await expect.poll(kept).toEqual([])
    expect([likes.server.count(), bookmarks.server.count()]).toEqual([447, 7])
  })

  it('are told to the other tabs each on a channel of its own', async () => {
    const told: Record<string, unknown[]> = { onecount: [], 'onecount/bookmark@/api/bookmarks': [] }
    const ears = Object.keys(told).map(name => {
      const channel = new BroadcastChannel(name)
      channel.onmessage = ({ data }) => told[name]!.push(data)
      return channel
    })
    render(page())
    await expect.poll(shown).toEqual(['♡ 446', '♡ 7'])
    fireEvent.click(button('bookmark'))
    await expect.poll(() => told['onecount/bookmark@/api/bookmarks']).toHaveLength(1)
    fireEvent.click(button('like'))
    await expect.poll(() => told.onecount).toHaveLength(1)
    expect(told.onecount).toMatchObject([{ postId: POST, input: { count: 447 } }])
    expect(told['onecount/bookmark@/api/bookmarks']).toMatchObject([{ postId: POST, input: { count: 8 } }])
    // What another tab was answered about its bookmark moves no like.
    const op = 2 * Date.now() * 1000 + 1
    ears[1]!.postMessage({ postId: POST, input: { count: 20, liked: true, rev: 50, op, source: 'redis' } })
    await expect.poll(shown).toEqual(['♥ 447', '♥ 20'])
    for (const channel of ears) channel.close()
  })

  it('start with the seeds of their own kind, on the server too', () => {
    const app = (
      <LikesSeed likes={SEEDS.like}>
        <LikesSeed kind="bookmark" likes={SEEDS.bookmark}>
          {page()}
        </LikesSeed>
      </LikesSeed>
    )
    const html = renderToString(app)
    expect(html.match(/[♡♥]/g)).toEqual(['♡', '♥'])
  })

  it('are those of a provider: a kind without one is named', () => {
    const View = () => <>{useLikes(POST, { kind: 'share' }).count}</>
    expect(() =>
      renderToString(
        <LikesProvider transport={likes.transport}>
          <View />
        </LikesProvider>,
      ),
    ).toThrow('No <LikesProvider> of the kind share: put one above')
  })

  it('need a transport of their own: the likes API would take bookmarks for likes', () => {
    const unknown = { kind: 'bookmark' } as unknown as { kind: undefined }
    expect(() => renderToString(<LikesProvider {...unknown} />)).toThrow('needs a transport')
  })

  it('are as little known as each server says', async () => {
    bookmarks.transport.read = () => Promise.reject(new LikesUnreachable('down'))
    render(page())
    await expect.poll(shown).toEqual(['♡ 446', '♡ –'])
  })
})
