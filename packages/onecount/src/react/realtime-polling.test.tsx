// @vitest-environment jsdom
import type { SupabaseClient } from '@supabase/supabase-js'
import { act, cleanup, render, screen } from '@testing-library/react'
import { Activity, type ReactNode } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createHttpTransport } from './http-transport'
import { LikesProvider } from './provider'
import { useLikesSubscription } from './realtime'
import type { LikesTransport } from './transport'
import { useLikes } from './use-likes'
import '../../test/support/react-pages'

/** A Realtime that answers a subscription as the test says, or never. */
function createSupabase() {
  let tell: (status: string) => void = () => {}
  const channel = {
    on: () => channel,
    subscribe(listener: (status: string) => void) {
      tell = listener
      return channel
    },
  }
  const supabase = { channel: () => channel, removeChannel: () => {} } as unknown as SupabaseClient
  return { supabase, tell: (status: string) => act(() => tell(status)) }
}

let count: number
let waitMs: number
const times: number[] = []
const asked: string[][] = []
const transport: LikesTransport = {
  read: async ids => {
    times.push(performance.now())
    asked.push(ids)
    return new Map(ids.map(id => [id, { count, liked: false, rev: count, op: null, source: 'redis' }]))
  },
  write: () => new Promise(() => {}),
  now: () => Date.now() * 1000,
  waitMs: () => waitMs,
}

function View({ id }: { id: string }) {
  const { count } = useLikes(id, { count: 5, liked: false, rev: 5, source: 'redis' })
  return <span data-testid={id}>{count}</span>
}

function Follow({ supabase }: { supabase: SupabaseClient | null }) {
  useLikesSubscription(supabase)
  return null
}

const page = (supabase: SupabaseClient | null, views: ReactNode = <View id="a" />) => (
  <LikesProvider transport={transport}>
    <Follow supabase={supabase} />
    {views}
  </LikesProvider>
)
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))
const shown = () => screen.getByTestId('a').textContent
const gaps = () => times.slice(1).map((time, i) => time - times[i]!)

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  count = 6
  waitMs = 0
  times.length = 0
  asked.length = 0
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('a page that stays in front without Realtime', () => {
  it.each([null, 'hanging', 'CHANNEL_ERROR', 'TIMED_OUT', 'CLOSED'])(
    'reads again every few seconds: %s',
    async how => {
      const { supabase, tell } = createSupabase()
      render(page(how === null ? null : supabase))
      await pass(500)
      if (how && how !== 'hanging') tell(how)
      count = 7
      await pass(6000)
      expect(shown()).toBe('7')
      times.length = 0
      await pass(60_000)
      expect(times.length).toBeGreaterThanOrEqual(10)
      expect(times.length).toBeLessThanOrEqual(22)
      // Not in step with other pages.
      expect(new Set(gaps().map(gap => Math.round(gap))).size).toBeGreaterThan(5)
    },
  )

  it('reads soon again when Realtime goes, and rarely when it is back', async () => {
    const { supabase, tell } = createSupabase()
    render(page(supabase))
    tell('SUBSCRIBED')
    await pass(20_000)
    tell('CHANNEL_ERROR')
    count = 8
    await pass(5500)
    expect(shown()).toBe('8')
    tell('SUBSCRIBED')
    await pass(6000)
    times.length = 0
    await pass(20_000)
    expect(times).toEqual([])
  })
})

describe('a page whose Realtime is silent', () => {
  it('reads again about once a minute', async () => {
    const { supabase, tell } = createSupabase()
    render(page(supabase))
    tell('SUBSCRIBED')
    await pass(1000)
    count = 7
    times.length = 0
    await pass(28_000)
    expect(times).toEqual([])
    await pass(33_000)
    expect(shown()).toBe('7')
    await pass(10 * 60_000)
    expect(times.length).toBeGreaterThanOrEqual(10)
    expect(times.length).toBeLessThanOrEqual(22)
    expect(new Set(gaps().map(gap => Math.round(gap))).size).toBeGreaterThan(5)
  })
})

describe('pages that join again all at once', () => {
  it('do not read all at once; each reads within seconds', async () => {
    const delays: number[] = []
    for (let n = 0; n < 20; n++) {
      const { supabase, tell } = createSupabase()
      render(page(supabase))
      tell('SUBSCRIBED')
      await pass(2000)
      times.length = 0
      const start = performance.now()
      tell('CHANNEL_ERROR')
      tell('SUBSCRIBED')
      tell('SUBSCRIBED')
      await pass(6000)
      expect(times).toHaveLength(1)
      delays.push(times[0]! - start)
      cleanup()
    }
    expect(Math.max(...delays)).toBeLessThan(5100)
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(1500)
  })
})

describe('only a post on screen', () => {
  it('is read: not one of a hidden route, and none in a background tab', async () => {
    const views = (
      <>
        <View id="a" />
        <Activity mode="hidden">
          <View id="hidden" />
        </Activity>
      </>
    )
    render(page(null, views))
    await pass(20_000)
    expect(asked.length).toBeGreaterThan(3)
    expect(new Set(asked.flat())).toEqual(new Set(['a']))
    const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    times.length = 0
    await pass(60_000)
    expect(times).toEqual([])
    visibility.mockReturnValue('visible')
    await pass(5500)
    expect(times.length).toBeGreaterThan(0)
  })
})

describe('a post that was removed', () => {
  it('is not asked for again', async () => {
    vi.spyOn(transport, 'read').mockImplementation(async ids => {
      asked.push(ids)
      return new Map()
    })
    render(page(null))
    await pass(60_000)
    expect(asked).toEqual([['a']])
  })
})

describe('a server that asks to wait', () => {
  it('is not polled before', async () => {
    render(page(null))
    await pass(100)
    waitMs = 20_000
    times.length = 0
    for (; waitMs > 0; waitMs -= 500) {
      await pass(500)
      expect(times).toEqual([])
    }
    await pass(10_000)
    expect(times.length).toBeGreaterThan(0)
  })

  it('is not read by a degraded page before: a 503 with Retry-After', async () => {
    const requests: number[] = []
    vi.stubGlobal('fetch', async () => {
      requests.push(performance.now())
      return new Response('{}', { status: 503, headers: { 'retry-after': '30' } })
    })
    render(
      <LikesProvider transport={createHttpTransport()}>
        <Follow supabase={null} />
        <View id="a" />
      </LikesProvider>,
    )
    await pass(120_000)
    expect(requests.length).toBeGreaterThanOrEqual(2)
    expect(Math.min(...requests.slice(1).map((time, i) => time - requests[i]!))).toBeGreaterThanOrEqual(
      30_000,
    )
    vi.unstubAllGlobals()
  })
})
