// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { Activity, type ReactNode, useState } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hint } from './hint'
import { LikesProvider, useLikesStore } from './provider'
import type { LikeInput } from './registers'
import type { LikesStore } from './store'
import { hear } from './tabs'
import type { LikesTransport } from './transport'
import { useLikes } from './use-likes'
import '../../test/support/react-pages'

/** A server of posts with others' likes and this session's own; what it was asked for. */
const server = {
  others: new Map<string, number>(),
  own: new Map<string, boolean>(),
  rev: 10,
  reads: [] as string[][],
  state: (id: string): LikeInput => {
    const liked = server.own.get(id) ?? false
    return {
      count: (server.others.get(id) ?? 0) + Number(liked),
      liked,
      rev: server.rev,
      op: null,
      source: 'redis',
    }
  },
}
const transport: LikesTransport = {
  read: async ids => {
    server.reads.push(ids)
    return new Map(ids.map(id => [id, server.state(id)]))
  },
  write: async (id, liked, op) => {
    server.own.set(id, liked)
    server.rev++
    return { ...server.state(id), op, durable: true }
  },
  now: () => Date.now() * 1000,
}

/** A press of this session on another device, or of another person; Realtime tells of the number alone. */
function pressElsewhere(id: string, liked: boolean, isOwn = true) {
  if (isOwn) server.own.set(id, liked)
  else server.others.set(id, (server.others.get(id) ?? 0) + (liked ? 1 : -1))
  server.rev++
  const { count, rev } = server.state(id)
  act(() => hint(store, id, { count, rev }))
}

let store: LikesStore
function Ear() {
  store = useLikesStore()
  return null
}

function View({ id }: { id: string }) {
  // A page's payload stays as it was rendered.
  const [seed] = useState(() => server.state(id))
  const { count, liked, status, toggle, watch } = useLikes(id, seed)
  return (
    <button ref={watch} type="button" data-testid={id} data-status={status} onClick={toggle}>
      {count ?? '–'} {liked ? 'liked' : 'not liked'}
    </button>
  )
}

const app = (views: ReactNode) => (
  <LikesProvider transport={transport}>
    <Ear />
    {views}
  </LikesProvider>
)
function open(views: ReactNode) {
  const { rerender } = render(app(views))
  return (next: ReactNode) => rerender(app(next))
}
const text = (id: string) => screen.getByTestId(id).textContent
const status = (id: string) => screen.getByTestId(id).dataset.status
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))
/** Everything that is shown from now on. */
function record(id: string) {
  const seen: string[] = []
  const observer = new MutationObserver(() => seen.push(text(id)!))
  observer.observe(screen.getByTestId(id), { characterData: true, childList: true, subtree: true })
  return seen
}
async function openRead(...ids: string[]) {
  const show = open(ids.map(id => <View key={id} id={id} />))
  await pass(3000)
  server.reads.length = 0
  return show
}

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  Object.assign(server, { others: new Map(), own: new Map(), rev: 10, reads: [] })
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('an event', () => {
  it("of this session's own unlike elsewhere empties the heart, and never stands beside 0 with a full one", async () => {
    server.own.set('a', true)
    await openRead('a')
    expect(text('a')).toBe('1 liked')
    const seen = record('a')
    pressElsewhere('a', false)
    expect(text('a')).toBe('1 liked')
    await pass(500)
    expect([text('a'), status('a')]).toEqual(['0 not liked', 'exact'])
    expect(new Set(seen)).toEqual(new Set(['0 not liked']))
    expect(server.reads).toEqual([['a']])
  })

  it.each([
    [true, 7, 'a lower number'],
    [false, 7, 'a higher number'],
  ])('of own presses elsewhere moves the heart too: from %s beside %d by %s', async (was, others) => {
    server.others.set('a', others)
    server.own.set('a', was)
    await openRead('a')
    pressElsewhere('a', !was)
    await pass(1500)
    expect(text('a')).toBe(was ? '7 not liked' : '8 liked')
    expect(server.reads).toHaveLength(1)
  })

  it('that leaves the number where it was moves the heart: one unlike elsewhere, and another person came', async () => {
    server.others.set('a', 7)
    server.own.set('a', true)
    await openRead('a')
    server.own.set('a', false)
    pressElsewhere('a', true, false)
    expect(text('a')).toBe('8 liked')
    await pass(1500)
    expect(text('a')).toBe('8 not liked')
  })

  it('that one’s own press explains costs no read', async () => {
    server.others.set('a', 7)
    await openRead('a')
    fireEvent.click(screen.getByTestId('a'))
    await pass(10)
    const { count, rev } = server.state('a')
    act(() => hint(store, 'a', { count, rev }))
    await pass(20_000)
    expect([text('a'), status('a')]).toEqual(['8 liked', 'exact'])
    expect(server.reads).toEqual([])
  })

  it('that another tab explains in time costs no read', async () => {
    server.others.set('a', 7)
    await openRead('a')
    pressElsewhere('a', true)
    act(() => hear(store, 'a', { ...server.state('a'), op: 3 }))
    await pass(0)
    expect(text('a')).toBe('8 liked')
    await pass(20_000)
    expect(server.reads.flat()).toEqual([])
  })

  it('of the same revision with another number is one of two that are wrong: the server is asked', async () => {
    server.others.set('a', 7)
    await openRead('a')
    act(() => hint(store, 'a', { count: 9, rev: server.rev }))
    expect(text('a')).toBe('7 not liked')
    await pass(500)
    expect(server.reads).toEqual([['a']])
  })

  it('that no server can have sent makes the page ask, and not more than that', async () => {
    server.others.set('a', 7)
    await openRead('a')
    for (let i = 0; i < 200; i++) {
      act(() => hint(store, 'a', { count: 9, rev: 4.6e15 }))
      await pass(10)
    }
    expect(text('a')).toBe('7 not liked')
    expect(server.reads.length).toBeGreaterThan(0)
    expect(server.reads.length).toBeLessThan(5)
  })
})

describe('a server that contradicts itself', () => {
  it('is not shown as 0 with a full heart, and is asked until it makes sense', async () => {
    await openRead('a')
    const contradiction = { count: 0, liked: true, rev: 20, op: null, source: 'redis' } as const
    const state = vi.spyOn(server, 'state').mockReturnValue(contradiction)
    act(() => store.refreshActive())
    await pass(100)
    expect([text('a'), status('a')]).toEqual(['– liked', 'unknown'])
    expect(store.post('a').entry()).toMatchObject({ count: null })
    state.mockReturnValue({ ...contradiction, count: 1, rev: 21 })
    await pass(6000)
    expect([text('a'), status('a')]).toEqual(['1 liked', 'exact'])
  })

  it('in a payload is not shown either', () => {
    vi.spyOn(server, 'state').mockReturnValue({ count: 0, liked: true, rev: 20, source: 'redis' })
    open(<View id="a" />)
    expect(text('a')).toBe('– liked')
  })
})

describe('a hundred events a second', () => {
  it('are a bounded number of reads, in one request for all posts, and the last one is explained', async () => {
    server.others.set('a', 500)
    server.others.set('b', 500)
    await openRead('a', 'b')
    for (let i = 0; i < 3000; i++) {
      pressElsewhere(i % 2 ? 'a' : 'b', true, false)
      await pass(10)
    }
    const { length } = server.reads
    expect(length).toBeGreaterThan(3)
    expect(length).toBeLessThan(12)
    expect(server.reads.filter(ids => ids.length === 2).length).toBeGreaterThan(length / 2)
    pressElsewhere('a', true)
    await pass(13_000)
    expect(text('a')).toBe(`${server.state('a').count} liked`)
    const after = server.reads.length
    await pass(60_000)
    expect(server.reads).toHaveLength(after)
  })
})

describe('a post that is not on screen', () => {
  it('is not read for an event, and is right when it is seen again: a route that is kept hidden', async () => {
    server.others.set('a', 7)
    server.own.set('a', true)
    const routes = (mode: 'visible' | 'hidden') => (
      <>
        <Activity mode={mode}>
          <View id="a" />
        </Activity>
        <View id="b" />
      </>
    )
    const show = open(routes('visible'))
    await pass(3000)
    show(routes('hidden'))
    server.reads.length = 0
    pressElsewhere('a', false)
    pressElsewhere('b', true, false)
    await pass(20_000)
    expect(new Set(server.reads.flat())).toEqual(new Set(['b']))
    show(routes('visible'))
    await pass(100)
    expect(text('a')).toBe('7 not liked')
  })

  it('is not read for an event while the tab is in the background', async () => {
    server.others.set('a', 7)
    server.own.set('a', true)
    await openRead('a')
    const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    window.dispatchEvent(new Event('visibilitychange'))
    pressElsewhere('a', false)
    await pass(20_000)
    expect(server.reads).toEqual([])
    visibility.mockReturnValue('visible')
    act(() => void window.dispatchEvent(new Event('visibilitychange')))
    await pass(300)
    expect(text('a')).toBe('7 not liked')
  })

  it('is not read for an event while it is scrolled away', async () => {
    const told: ((isIntersecting: boolean) => void)[] = []
    class Observer {
      constructor(private readonly callback: (entries: unknown[]) => void) {}
      observe(target: Element) {
        told.push(isIntersecting => this.callback([{ target, isIntersecting }]))
      }
      unobserve() {}
    }
    vi.stubGlobal('IntersectionObserver', Observer)
    server.others.set('a', 7)
    server.own.set('a', true)
    await openRead('a')
    told.at(-1)!(false)
    pressElsewhere('a', false)
    await pass(20_000)
    expect(server.reads).toEqual([])
    told.at(-1)!(true)
    await pass(100)
    expect(text('a')).toBe('7 not liked')
    // Seen again after a long time.
    told.at(-1)!(false)
    await pass(120_000)
    expect(server.reads).toHaveLength(1)
    told.at(-1)!(true)
    await pass(500)
    expect(server.reads).toHaveLength(2)
  })
})
