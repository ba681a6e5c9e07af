// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LikesProvider, useLikesStore } from './provider'
import type { LikesStore } from './store'
import { hear } from './tabs'
import type { LikesTransport } from './transport'
import { useLikes } from './use-likes'
import '../../test/support/react-pages'

const server = { count: 446, liked: false, rev: 100, op: 0 }
let reads: string[][]
let waitMs: number
const transport: LikesTransport = {
  read: async ids => {
    reads.push(ids)
    return new Map(ids.map(id => [id, { ...server, source: 'redis' }]))
  },
  write: () => new Promise(() => {}),
  now: () => Date.now() * 1000,
  waitMs: () => waitMs,
}

let store: LikesStore
let scroll: (isIntersecting: boolean) => void
function View() {
  store = useLikesStore()
  const { count, liked, watch } = useLikes('a')
  return (
    <output ref={watch}>
      {count} {String(liked)}
    </output>
  )
}

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))
const shown = () => screen.getByRole('status').textContent

async function open() {
  render(
    <LikesProvider transport={transport}>
      <View />
    </LikesProvider>,
  )
  await pass(100)
  expect(shown()).toBe('446 false')
  reads = []
}

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  Object.assign(server, { count: 446, liked: false, rev: 100, op: 0 })
  reads = []
  waitMs = 0
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      constructor(tell: (entries: { target: Element; isIntersecting: boolean }[]) => void) {
        scroll = isIntersecting => tell([{ target: screen.getByRole('status'), isIntersecting }])
      }
      observe() {}
      unobserve() {}
    },
  )
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a page that follows no events', () => {
  it('asks the server where another tab was told of a newer press with a lower revision', async () => {
    await open()
    const op = 2 * Date.now() * 1000 + 1
    Object.assign(server, { count: 447, liked: true, rev: 200, op })
    act(() => hear(store, 'a', { count: 447, liked: true, rev: 50, op, source: 'redis' }))
    expect(shown()).toBe('446 false')
    await pass(500)
    expect(reads).toEqual([['a']])
    expect(shown()).toBe('447 true')
  })

  it('reads posts that are scrolled into view after a minute, and not those that were read just before', async () => {
    await open()
    act(() => scroll(false))
    await pass(30_000)
    act(() => scroll(true))
    await pass(500)
    expect(reads).toEqual([])
    act(() => scroll(false))
    await pass(60_000)
    server.count = 450
    server.rev = 300
    act(() => scroll(true))
    await pass(500)
    expect(shown()).toBe('450 false')
  })

  it('asks for nothing before the server wants to be asked', async () => {
    await open()
    act(() => scroll(false))
    await pass(90_000)
    waitMs = 5000
    act(() => scroll(true))
    await pass(4000)
    expect(reads).toEqual([])
    waitMs = 0
    await pass(1500)
    expect(reads).toEqual([['a']])
  })
})
