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
  }
  const channel = {
    on(kind: 'broadcast' | 'postgres_changes', _: unknown, listener: (message: unknown) => void) {
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
  it('takes newer counts of rows and broadcasts, whose revisions may be texts', () => {
    const heard = listen()
    heard.postgres_changes({ new: { id: POST, likes: 450, likes_rev: '20' } })
    expect(store.entry(POST)).toMatchObject({ count: 450, countRev: 20 })
    heard.broadcast({ payload: { postId: POST, count: 451, rev: 21 } })
    expect(store.entry(POST)).toMatchObject({ count: 451, countRev: 21 })
    heard.broadcast({ payload: { postId: POST, count: 440, rev: 10 } })
    expect(store.entry(POST)).toMatchObject({ count: 451, countRev: 21 })
  })

  it('reads what is on screen again when it has joined and when it could not, not when it leaves', () => {
    const heard = listen()
    const refreshed = vi.spyOn(store, 'refreshActive')
    heard.status('CLOSED')
    expect(refreshed).not.toHaveBeenCalled()
    for (const status of ['SUBSCRIBED', 'CHANNEL_ERROR', 'TIMED_OUT']) heard.status(status)
    expect(refreshed).toHaveBeenCalledTimes(3)
  })
})
