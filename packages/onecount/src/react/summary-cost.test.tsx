// @vitest-environment jsdom
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { act, cleanup, render } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createServer } from '../../test/support/react-pages'
import { LikesProvider, useLikesStore } from './provider'
import { likesKey } from './registers'
import type { LikesStore } from './store'
import { useLikeCounts, useLikesStatus } from './summary'

const POSTS = Array.from({ length: 1000 }, (_, index) => ({ id: `post-${index}`, count: 1 }))
/** Of one post and event, a few for what else hears of it. */
const READS = 20
const stateOf = (count: number, rev: number) => ({ count, liked: false, rev, source: 'redis' }) as const

let client: QueryClient
let store: LikesStore
const leave: (() => void)[] = []

/** Views of a thousand posts in this client. */
beforeEach(() => {
  localStorage.clear()
  client = new QueryClient()
  for (const { id } of POSTS) {
    const queryKey = likesKey(id)
    leave.push(
      new QueryObserver(client, { queryKey, staleTime: Number.POSITIVE_INFINITY }).subscribe(() => {}),
    )
  }
})
afterEach(() => {
  cleanup()
  for (const end of leave.splice(0)) end()
  vi.restoreAllMocks()
})

function open(Summary: () => string): () => string | null {
  const Page = () => {
    store = useLikesStore()
    return <output>{Summary()}</output>
  }
  const { container } = render(
    <LikesProvider transport={createServer().transport} queryClient={client}>
      <Page />
    </LikesProvider>,
  )
  return () => container.textContent
}

/** Each post is answered, as in a tab that comes back. */
const answerAll = (count: number, rev: number) =>
  act(() => {
    for (const { id } of POSTS) store.post(id).receive(stateOf(count, rev))
  })

describe('a page of a thousand posts, each of which is answered', () => {
  it('has useLikeCounts read a post when it is answered, and not all of them each time', () => {
    const shown = open(() =>
      String([...useLikeCounts(POSTS).values()].reduce<number>((sum, n) => sum + (n ?? 0), 0)),
    )
    expect(shown()).toBe('1000')
    const reads = vi.spyOn(client, 'getQueryData')
    answerAll(2, 1)
    expect(shown()).toBe('2000')
    answerAll(2, 2)
    act(() => store.post('post-7').receive(stateOf(3, 3)))
    expect(shown()).toBe('2001')
    expect(reads.mock.calls.length).toBeLessThan(2 * READS * POSTS.length)
  })

  it('has useLikesStatus judge a post when it is answered, and not all of them each time', () => {
    const shown = open(() => useLikesStatus())
    expect(shown()).toBe('unknown')
    const judged = vi.spyOn(store, 'post')
    answerAll(2, 1)
    expect(shown()).toBe('exact')
    answerAll(2, 2)
    act(() => store.post('post-7').receive({ ...stateOf(3, 3), source: 'lagging' }))
    expect(shown()).toBe('lagging')
    expect(judged.mock.calls.length).toBeLessThan(2 * READS * POSTS.length)
  })
})

describe('useLikesStatus', () => {
  it('leaves a post out that no view shows any more, or that the application has removed', () => {
    const shown = open(() => useLikesStatus())
    answerAll(2, 1)
    act(() => store.post('post-0').receive({ ...stateOf(2, 2), source: 'lagging' }))
    expect(shown()).toBe('lagging')
    act(() => leave.shift()!())
    expect(shown()).toBe('exact')
    act(() => store.post('post-1').receive({ ...stateOf(2, 2), source: 'lagging' }))
    expect(shown()).toBe('lagging')
    act(() => client.removeQueries({ queryKey: likesKey('post-1') }))
    expect(shown()).toBe('exact')
  })
})
