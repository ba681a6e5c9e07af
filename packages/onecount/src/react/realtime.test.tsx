// @vitest-environment jsdom
import type { SupabaseClient } from '@supabase/supabase-js'
import { cleanup, render } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LikesProvider, useLikesStore } from './provider'
import { useLikesSubscription } from './realtime'
import type { LikesStore } from './store'
import { createServer, POST } from './test-support'

/** A Supabase whose messages the test sends. */
function createSupabase() {
  const heard = {
    broadcast: (_: unknown) => {},
    postgres_changes: (_: unknown) => {},
    status: (_: string) => {},
    kinds: [] as string[],
  }
  const channel = {
    on(kind: 'broadcast' | 'postgres_changes', _: unknown, listener: (message: unknown) => void) {
      heard.kinds.push(kind)
      heard[kind] = listener
      return channel
    },
    subscribe(listener: (status: string) => void) {
      heard.status = listener
      return channel
    },
  }
  const supabase = { channel: () => channel, removeChannel: () => {} }
  return { heard, supabase: supabase as unknown as SupabaseClient }
}

let store: LikesStore
function Ear({ supabase }: { supabase: SupabaseClient }) {
  store = useLikesStore()
  useLikesSubscription(supabase)
  return null
}

function listen() {
  const { heard, supabase } = createSupabase()
  const { server, transport } = createServer()
  render(
    <LikesProvider transport={transport}>
      <Ear supabase={supabase} />
    </LikesProvider>,
  )
  store.receive(POST, server.state())
  return heard
}

beforeEach(() => localStorage.clear())
afterEach(cleanup)

describe('useLikesSubscription', () => {
  it('takes newer counts of rows, whose numbers may be texts', () => {
    const heard = listen()
    heard.postgres_changes({ new: { id: POST, likes: 450, likes_rev: '20' } })
    expect(store.entry(POST)).toMatchObject({ count: 450, countRev: 20 })
    heard.postgres_changes({ new: { id: POST, likes: '451', likes_rev: '21' } })
    expect(store.entry(POST)).toMatchObject({ count: 451, countRev: 21 })
    heard.postgres_changes({ new: { id: POST, likes: 440, likes_rev: 10 } })
    expect(store.entry(POST)).toMatchObject({ count: 451, countRev: 21 })
  })

  it('listens to no broadcast: everybody with the publishable key can send one', () => {
    const heard = listen()
    const known = store.entry(POST)
    expect(heard.kinds).toEqual(['postgres_changes'])
    heard.broadcast({ payload: { postId: POST, count: 9, rev: 20 } })
    expect(store.entry(POST)).toBe(known)
  })

  it.each([null, undefined, '', 'x', '4e5', -5, 1.5, Number.NaN, true])(
    'does not take %o for a number, of likes or of a revision',
    value => {
      const heard = listen()
      const known = store.entry(POST)
      heard.postgres_changes({ new: { id: POST, likes: value, likes_rev: '20' } })
      heard.postgres_changes({ new: { id: POST, likes: 5, likes_rev: value } })
      heard.postgres_changes({ new: { likes: 5, likes_rev: 20 } })
      heard.postgres_changes({ new: {} })
      expect(store.entry(POST)).toBe(known)
    },
  )

  it('reads what is on screen again when it has joined and when it could not, not when it leaves', () => {
    const heard = listen()
    const refreshed = vi.spyOn(store, 'refreshActive')
    heard.status('CLOSED')
    expect(refreshed).not.toHaveBeenCalled()
    for (const status of ['SUBSCRIBED', 'CHANNEL_ERROR', 'TIMED_OUT']) heard.status(status)
    expect(refreshed).toHaveBeenCalledTimes(3)
  })
})
