// @vitest-environment jsdom
import { keepPreviousData, QueryClient, QueryClientProvider, useQueryClient } from '@tanstack/react-query'
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServer, POST } from '../../test/support/react-pages'
import { LikesProvider, useLikesStore } from './provider'
import { likesKey } from './registers'
import type { LikesStore } from './store'
import { LikesUnreachable } from './transport'
import { useLikes } from './use-likes'

const SEED = { count: 446, liked: false, rev: 1, source: 'redis' } as const

function View({ postId = POST }: { postId?: string }) {
  const { count, status, toggle } = useLikes(postId, postId === POST ? SEED : undefined)
  return (
    <button type="button" data-status={status} onClick={toggle}>
      {count}
    </button>
  )
}

let used: QueryClient
function Client() {
  used = useLikesStore().queryClient
  return null
}

const inClient = (client: QueryClient, children: ReactNode) => (
  <QueryClientProvider client={client}>{children}</QueryClientProvider>
)
const button = () => screen.getByRole('button')

beforeEach(() => localStorage.clear())
afterEach(cleanup)

describe('LikesProvider', () => {
  it('keeps the likes in the client of the nearest QueryClientProvider', async () => {
    const own = new QueryClient()
    const { transport } = createServer()
    const likes = (
      <LikesProvider transport={transport}>
        <View />
      </LikesProvider>
    )
    render(inClient(new QueryClient(), inClient(own, likes)))
    fireEvent.click(button())
    expect(button().textContent).toBe('447')
    await expect.poll(() => own.getQueryData(likesKey(POST))).toMatchObject({ count: 447, liked: true })
  })

  it('takes the client that it is given before the nearest one', () => {
    const given = new QueryClient()
    const { transport } = createServer()
    const likes = (
      <LikesProvider transport={transport} queryClient={given}>
        <Client />
        <View />
      </LikesProvider>
    )
    render(inClient(new QueryClient(), likes))
    expect(used).toBe(given)
    expect(given.getQueryData(likesKey(POST))).toMatchObject({ count: 446 })
  })

  it('makes a client of its own where there is none, and provides it to no other component', () => {
    const { transport } = createServer()
    function Others() {
      useQueryClient()
      return null
    }
    render(
      <LikesProvider transport={transport}>
        <View />
      </LikesProvider>,
    )
    expect(button().textContent).toBe('446')
    const others = () =>
      renderToString(
        <LikesProvider transport={transport}>
          <Others />
        </LikesProvider>,
      )
    expect(others).toThrow('No QueryClient set')
  })

  it('shows the likes of its own client below a QueryClientProvider inside of it', async () => {
    const { server, transport } = createServer()
    render(<LikesProvider transport={transport}>{inClient(new QueryClient(), <View />)}</LikesProvider>)
    server.other()
    await expect.poll(() => button().textContent).toBe('447')
    fireEvent.click(button())
    expect(button().textContent).toBe('448')
  })

  it('is not led astray by the defaults of an application', async () => {
    const { server, transport } = createServer()
    const read = { calls: 0 }
    const client = new QueryClient({
      defaultOptions: {
        queries: {
          enabled: false,
          staleTime: 'static',
          throwOnError: true,
          refetchOnMount: false,
          retry: 5,
          networkMode: 'online',
          gcTime: 0,
          refetchInterval: 1,
        },
      },
    })
    const counted = {
      ...transport,
      read: (ids: string[]) => {
        read.calls++
        return server.isUp ? transport.read(ids) : Promise.reject(new LikesUnreachable('down'))
      },
    }
    const likes = () => (
      <LikesProvider transport={counted}>
        <View />
      </LikesProvider>
    )
    server.other()
    const { unmount } = render(inClient(client, likes()))
    await expect.poll(() => button().textContent).toBe('447')
    expect(read.calls).toBe(1)
    unmount()

    server.isUp = false
    render(inClient(new QueryClient({ defaultOptions: client.getDefaultOptions() }), likes()))
    await expect.poll(() => button().dataset.status).toBe('last-known')
    expect(button().textContent).toBe('446')
  })

  it.each([
    ['placeholderData', { placeholderData: keepPreviousData }],
    ['select', { select: () => ({ count: 1 }) }],
    ['persister', { persister: () => ({ count: 1 }) }],
    ['notifyOnChangeProps', { notifyOnChangeProps: [] }],
  ])('shows nothing else in place of a post where an application has a default %s', async (_, queries) => {
    const client = new QueryClient({ defaultOptions: { queries: queries as object } })
    const { server, transport } = createServer()
    const likes = (postId: string) =>
      inClient(
        client,
        <LikesProvider transport={transport}>
          <View postId={postId} />
        </LikesProvider>,
      )
    const { rerender } = render(likes(POST))
    expect(button().textContent).toBe('446')
    server.other()
    await expect.poll(() => button().textContent).toBe('447')
    rerender(likes('another'))
    expect(button().textContent).toBe('')
    expect(button().dataset.status).toBe('unknown')
    rerender(likes(POST))
    expect(button().textContent).toBe('447')
  })

  it('has its views begin anew and read when the application clears the client, and goes on with later ones', async () => {
    const client = new QueryClient()
    const { server, transport } = createServer()
    let store!: LikesStore
    const Store = () => {
      store = useLikesStore()
      return null
    }
    const likes = (views: ReactNode) =>
      inClient(
        client,
        <LikesProvider transport={transport}>
          <Store />
          {views}
        </LikesProvider>,
      )
    const { rerender } = render(likes(<View />))
    const shown = () => screen.getAllByRole('button').map(({ textContent }) => textContent)
    server.other()
    await expect.poll(shown).toEqual(['447'])
    act(() => client.clear())
    expect(shown()).toEqual(['446'])
    await expect.poll(shown).toEqual(['447'])
    rerender(
      likes(
        <>
          <View />
          <View key="later" />
        </>,
      ),
    )
    expect(shown()).toEqual(['447', '447'])
    server.other()
    await act(() => store.post(POST).read())
    await expect.poll(shown).toEqual(['448', '448'])
  })

  it('shares no key with the queries of an application', () => {
    const client = new QueryClient()
    const { transport } = createServer()
    client.setQueryData(['likes', POST], 5)
    render(
      inClient(
        client,
        <LikesProvider transport={transport}>
          <View />
        </LikesProvider>,
      ),
    )
    expect(button().textContent).toBe('446')
    expect(client.getQueryData(['likes', POST])).toBe(5)
  })
})
