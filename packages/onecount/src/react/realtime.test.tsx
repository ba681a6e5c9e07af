// @vitest-environment jsdom
import type { SupabaseClient } from '@supabase/supabase-js'
import { cleanup, render } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createServer, POST } from '../../test/support/react-pages'
import { LikesProvider, useLikesStore } from './provider'
import { type RealtimeClient, type SubscriptionOptions, useLikesSubscription } from './realtime'
import type { LikesStore } from './store'

/** A Supabase whose messages the test sends. */
function createSupabase() {
  const heard = {
    broadcast: (_: unknown) => {},
    postgres_changes: (_: unknown) => {},
    status: (_: string) => {},
    kinds: [] as string[],
    filters: [] as unknown[],
    removed: 0,
  }
  const channel = {
    on(kind: 'broadcast' | 'postgres_changes', filter: unknown, listener: (message: unknown) => void) {
      heard.kinds.push(kind)
      heard.filters.push(filter)
      heard[kind] = listener
      return channel
    },
    subscribe(listener: (status: string) => void) {
      heard.status = listener
      return channel
    },
  }
  const supabase = { channel: () => channel, removeChannel: () => heard.removed++ }
  return { heard, supabase: supabase as unknown as SupabaseClient }
}

let store: LikesStore
function Ear({ client, options }: { client: RealtimeClient | null; options?: SubscriptionOptions }) {
  store = useLikesStore()
  useLikesSubscription(client, options)
  return null
}

function listen() {
  const { heard, supabase } = createSupabase()
  const { server, transport } = createServer()
  render(
    <LikesProvider transport={transport}>
      <Ear client={supabase} />
    </LikesProvider>,
  )
  store.post(POST).receive(server.state())
  return heard
}

beforeEach(() => localStorage.clear())
afterEach(cleanup)

describe('useLikesSubscription', () => {
  it('applies newer counts of rows, whose numbers may be texts', () => {
    const heard = listen()
    heard.postgres_changes({ new: { id: POST, likes: 450, likes_rev: '20' } })
    expect(store.post(POST).entry()).toMatchObject({ count: 450, countRev: 20 })
    heard.postgres_changes({ new: { id: POST, likes: '451', likes_rev: '21' } })
    expect(store.post(POST).entry()).toMatchObject({ count: 451, countRev: 21 })
    heard.postgres_changes({ new: { id: POST, likes: 440, likes_rev: 10 } })
    expect(store.post(POST).entry()).toMatchObject({ count: 451, countRev: 21 })
  })

  it('listens to no broadcast: everybody with the publishable key can send one', () => {
    const heard = listen()
    const known = store.post(POST).entry()
    expect(heard.kinds).toEqual(['postgres_changes'])
    heard.broadcast({ payload: { postId: POST, count: 9, rev: 20 } })
    expect(store.post(POST).entry()).toBe(known)
  })

  it.each([null, undefined, '', 'x', '4e5', -5, 1.5, Number.NaN, true])(
    'does not take %o for a number, of likes or of a revision',
    value => {
      const heard = listen()
      const known = store.post(POST).entry()
      heard.postgres_changes({ new: { id: POST, likes: value, likes_rev: '20' } })
      heard.postgres_changes({ new: { id: POST, likes: 5, likes_rev: value } })
      heard.postgres_changes({ new: { likes: 5, likes_rev: 20 } })
      heard.postgres_changes({ new: {} })
      expect(store.post(POST).entry()).toBe(known)
    },
  )

  it('reads the posts on screen again when it has joined and when it could not, not when it leaves', () => {
    const heard = listen()
    const refreshed = vi.spyOn(store.caretaker!, 'refreshWithin')
    heard.status('CLOSED')
    expect(refreshed).not.toHaveBeenCalled()
    for (const status of ['SUBSCRIBED', 'CHANNEL_ERROR', 'TIMED_OUT']) heard.status(status)
    expect(refreshed).toHaveBeenCalledTimes(3)
  })

  it('follows another table by its own columns', () => {
    const { heard, supabase } = createSupabase()
    const { server, transport } = createServer()
    const options = { schema: 'blog', table: 'articles', id: 'slug', count: 'like_count', rev: 'like_rev' }
    render(
      <LikesProvider transport={transport}>
        <Ear client={supabase} options={options} />
      </LikesProvider>,
    )
    store.post(POST).receive(server.state())
    expect(heard.filters).toEqual([{ event: 'UPDATE', schema: 'blog', table: 'articles' }])
    heard.postgres_changes({ new: { slug: POST, like_count: 450, like_rev: 20 } })
    expect(store.post(POST).entry()).toMatchObject({ count: 450, countRev: 20 })
  })

  it('loads a client once, however often it is rendered, and follows it until it leaves', async () => {
    const { heard, supabase } = createSupabase()
    const { server, transport } = createServer()
    let loads = 0
    const page = () => (
      <LikesProvider transport={transport}>
        <Ear
          client={async () => {
            loads++
            return supabase
          }}
        />
      </LikesProvider>
    )
    const { rerender, unmount } = render(page())
    rerender(page())
    store.post(POST).receive(server.state())
    await expect.poll(() => heard.kinds).toEqual(['postgres_changes'])
    rerender(page())
    expect(loads).toBe(1)
    heard.postgres_changes({ new: { id: POST, likes: 450, likes_rev: 20 } })
    expect(store.post(POST).entry()).toMatchObject({ count: 450 })
    unmount()
    expect(heard.removed).toBe(1)
  })

  it('does not subscribe with a client that comes after it has left', async () => {
    const { heard, supabase } = createSupabase()
    let arrive = (_: SupabaseClient) => {}
    const client = new Promise<SupabaseClient>(resolve => {
      arrive = resolve
    })
    const { unmount } = render(
      <LikesProvider transport={createServer().transport}>
        <Ear client={() => client} />
      </LikesProvider>,
    )
    unmount()
    arrive(supabase)
    await client
    expect(heard.kinds).toEqual([])
  })

  it('says that a client cannot be loaded, and lets the page be polled', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    render(
      <LikesProvider transport={createServer().transport}>
        <Ear client={() => Promise.reject(new Error('offline'))} />
      </LikesProvider>,
    )
    await expect.poll(() => warn.mock.calls.flat().join()).toContain('cannot be loaded: counts are polled')
    warn.mockRestore()
  })
})
