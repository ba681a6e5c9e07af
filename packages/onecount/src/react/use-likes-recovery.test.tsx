// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { Activity, type ReactNode, startTransition, useState } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { POST } from '../../test/support/react-pages'
import { hint } from './hint'
import { LikesProvider, useLikesStore } from './provider'
import type { LikeInput } from './registers'
import type { LikesStore } from './store'
import { type LikesTransport, LikesUnreachable } from './transport'
import { useLikes } from './use-likes'

const SEED: LikeInput = { count: 446, liked: false, rev: 10, source: 'redis' }
const server = { isUp: true, state: SEED as LikeInput | undefined, reads: 0 }
const transport: LikesTransport = {
  read: async ids => {
    server.reads++
    if (!server.isUp) throw new LikesUnreachable('the server did not answer')
    return new Map(server.state ? ids.map(id => [id, server.state!]) : [])
  },
  write: async (_, liked, op) => {
    server.state = { count: 446 + Number(liked), liked, rev: 11, op, durable: true, source: 'redis' }
    return { ...server.state, op }
  },
  now: () => Date.now() * 1000,
}

let store: LikesStore
function Ear() {
  store = useLikesStore()
  return null
}

function View({ name, seed = SEED }: { name: string; seed?: LikeInput }) {
  const { count, liked, status, toggle } = useLikes(POST, seed)
  return (
    <button type="button" data-testid={name} data-status={status} onClick={toggle}>
      {count ?? '–'} {liked ? 'liked' : 'not liked'}
    </button>
  )
}

const open = (views: ReactNode) =>
  render(
    <LikesProvider transport={transport}>
      <Ear />
      {views}
    </LikesProvider>,
  )
const text = (name: string) => screen.getByTestId(name).textContent
const status = (name: string) => screen.getByTestId(name).dataset.status
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))

beforeEach(() => {
  localStorage.clear()
  Object.assign(server, { isUp: true, state: SEED, reads: 0 })
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('a view', () => {
  beforeEach(() => void vi.useFakeTimers())

  it.each(['postgres', 'lagging'] as const)(
    'goes on reading while its number is not exact (%s), also while an event comes every second',
    async source => {
      server.state = { ...SEED, rev: 11, source }
      open(<View name="a" />)
      await pass(100)
      expect(status('a')).toBe('lagging')
      for (let rev = 12; rev <= 32; rev++) {
        act(() => hint(store, POST, { count: 446 + rev, rev }))
        await pass(1000)
      }
      expect(server.reads).toBeGreaterThan(1 + 4)
      expect(server.reads).toBeLessThan(1 + 15)
      server.state = { count: 500, liked: true, rev: 40, source: 'redis' }
      await pass(6000)
      expect([text('a'), status('a')]).toEqual(['500 liked', 'exact'])
      const { reads } = server
      await pass(60_000)
      expect(server.reads - reads).toBeLessThanOrEqual(1)
    },
  )

  it('reads at one pace while its number is not exact: a read that begins does not plan another', async () => {
    server.state = { ...SEED, rev: 11, source: 'postgres' }
    const { read } = transport
    const times: number[] = []
    vi.spyOn(transport, 'read').mockImplementation(ids => {
      times.push(Date.now())
      return read(ids)
    })
    open(<View name="a" />)
    await pass(90_000)
    const pauses = times.slice(1).map((time, i) => time - times[i]!)
    expect(pauses.length).toBeGreaterThanOrEqual(17)
    for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(3950)
  })

  it('goes on reading while the server does not answer', async () => {
    open(<View name="a" />)
    await pass(100)
    server.isUp = false
    act(() => store.refreshActive())
    await pass(1000)
    expect(status('a')).toBe('last-known')
    const { reads } = server
    await pass(20_000)
    expect(server.reads).toBeGreaterThan(reads + 3)
    expect([text('a'), status('a')]).toEqual(['446 not liked', 'last-known'])
    server.isUp = true
    await pass(6000)
    expect(status('a')).toBe('exact')
  })

  it('of a post that does not exist shows that it is unknown, and does not read it again', async () => {
    server.state = undefined
    open(<View name="a" />)
    await pass(100)
    expect([text('a'), status('a')]).toEqual(['– not liked', 'unknown'])
    await pass(60_000)
    expect(server.reads).toBe(1)
    expect(status('a')).toBe('unknown')
  })

  it('shows the last known number when the network goes and the server is away', async () => {
    open(<View name="a" />)
    await pass(100)
    expect(status('a')).toBe('exact')
    server.isUp = false
    act(() => void window.dispatchEvent(new Event('offline')))
    await pass(1000)
    expect([text('a'), status('a')]).toEqual(['446 not liked', 'last-known'])
    server.isUp = true
    act(() => void window.dispatchEvent(new Event('online')))
    await pass(1000)
    expect(status('a')).toBe('exact')
  })
})

describe('a view that was hidden', () => {
  /** React works as in a browser here, effects after the paint. */
  const environment = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }
  let wasActing: boolean | undefined
  beforeEach(() => {
    wasActing = environment.IS_REACT_ACT_ENVIRONMENT
  })
  afterEach(() => {
    environment.IS_REACT_ACT_ENVIRONMENT = wasActing
  })

  let show: (isShown: boolean) => void
  /** As a router keeps a page: its views are not rendered anew only because it is shown again. */
  function Page({ children }: { children: ReactNode }) {
    const [isShown, setShown] = useState(true)
    show = setShown
    return <Activity mode={isShown ? 'visible' : 'hidden'}>{children}</Activity>
  }

  /** What stands there in the moment in which it is seen again: a microtask runs before anything is painted. */
  function reveal(): Promise<string | null> {
    const view = screen.getByTestId('hidden')
    return new Promise(resolve => {
      const observer = new MutationObserver(() => {
        if (view.style.display === 'none') return
        observer.disconnect()
        resolve(view.textContent)
      })
      observer.observe(view, { attributes: true })
      startTransition(() => show(true))
    })
  }

  async function hide() {
    open(
      <>
        <View name="a" />
        <Page>
          <View name="hidden" />
        </Page>
      </>,
    )
    environment.IS_REACT_ACT_ENVIRONMENT = false
    await expect.poll(() => server.reads).toBe(1)
    show(false)
    await expect.poll(() => screen.getByTestId('hidden').style.display).toBe('none')
  }

  it('shows a press of another view from the first frame on', async () => {
    await hide()
    fireEvent.click(screen.getByTestId('a'))
    await expect.poll(() => [text('a'), status('a')]).toEqual(['447 liked', 'exact'])
    expect(await reveal()).toBe('447 liked')
  })

  it('shows a press that is still on its way from the first frame on', async () => {
    await hide()
    vi.spyOn(transport, 'write').mockReturnValueOnce(new Promise(() => {}))
    fireEvent.click(screen.getByTestId('a'))
    await expect.poll(() => [text('a'), status('a')]).toEqual(['447 liked', 'saving'])
    expect(await reveal()).toBe('447 liked')
  })
})
