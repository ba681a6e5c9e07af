// @vitest-environment jsdom
import { QueryClient } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MapLikes } from '../../test/support/http-server'
import { POST } from '../../test/support/react-pages'
import { ownView } from '../core/own-view'
import { createHandler } from '../http/handler'
import { NO_LIMITS } from '../http/limits'
import { sessionTag } from '../http/session-tag'
import { createHttpTransport } from './http-transport'
import { LikeButton } from './like-button'
import { useLikeCounts } from './like-counts'
import { LikesProvider } from './provider'
import { type LikeInput, likesKey, mergeLikes } from './registers'
import { shownLikes } from './shown'
import { LikesStore } from './store'
import { hear } from './tabs'

const SEED = { count: 0, liked: false, rev: 0, op: null, source: 'redis', private: true } as const

/** Bookmarks of many people, and the API as a browser of a signed-in person calls it. */
function createSite() {
  const likes = new MapLikes({ [POST]: 446 })
  const service = {
    set: async (...args: Parameters<MapLikes['set']>) => ownView(await likes.set(...args)),
    async read(...args: Parameters<MapLikes['read']>) {
      const states = await likes.read(...args)
      return new Map([...states].map(([id, state]) => [id, ownView(state)]))
    },
    health: () => likes.health(),
    drainer: likes.drainer,
    hasRedis: true,
  }
  const browser = { person: 'ana' as string | null }
  const handler = createHandler({
    service,
    session: () => browser.person,
    anonymous: false,
    limits: NO_LIMITS,
  })
  vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
    handler(new Request(`http://site.test${url}`, init)),
  )
  return { browser, likes }
}

let site: ReturnType<typeof createSite>
beforeEach(() => {
  localStorage.clear()
  document.body.textContent = ''
  site = createSite()
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

const app = (children: ReactNode) => <LikesProvider>{children}</LikesProvider>
const button = () => screen.getByRole('button')
const looks = () => [button().textContent, button().getAttribute('aria-label')]

describe('the button of a private kind', () => {
  it('is a heart without a number, and is named without one, on the server too', () => {
    expect(renderToString(app(<LikeButton postId={POST} seed={SEED} />))).toContain('aria-label="Like"')
    render(app(<LikeButton postId={POST} seed={SEED} />))
    expect(looks()).toEqual(['♡', 'Like'])
  })

  it('has none after a press either, nor in its announcement', async () => {
    render(app(<LikeButton postId={POST} seed={SEED} />))
    fireEvent.click(button())
    expect(looks()).toEqual(['♥', 'Like'])
    expect(button().getAttribute('aria-pressed')).toBe('true')
    expect(screen.getByRole('status').textContent).toBe('Liked')
    await expect.poll(() => site.likes.calls.filter(([name]) => name === 'set')).toHaveLength(1)
    expect(looks()).toEqual(['♥', 'Like'])
  })

  it('learns it from the answer where no seed says it', async () => {
    render(app(<LikeButton postId={POST} />))
    await expect.poll(looks).toEqual(['♡', 'Like'])
  })

  it('is drawn by the application with a status that is exact, and no count', async () => {
    render(
      app(
        <LikeButton postId={POST}>
          {({ count, status, private: isPrivate, buttonProps }) => (
            <button {...buttonProps}>{JSON.stringify({ count, status, isPrivate })}</button>
          )}
        </LikeButton>,
      ),
    )
    const exact = JSON.stringify({ count: null, status: 'exact', isPrivate: true })
    await expect.poll(() => button().textContent).toBe(exact)
  })

  it('adds nothing to a sum', () => {
    function Sum() {
      const counts = useLikeCounts([{ id: POST }])
      return <output>{JSON.stringify([...counts.values()])}</output>
    }
    render(app([<LikeButton key="button" postId={POST} seed={SEED} />, <Sum key="sum" />]))
    fireEvent.click(button())
    expect(screen.getByText('[null]')).toBeTruthy()
  })
})

describe('a browser in which another person signs in', () => {
  const page = () => new LikesStore(new QueryClient(), createHttpTransport())
  const liked = (store: LikesStore) => shownLikes(store.post(POST).entry(), store.post(POST).intent()).liked

  async function read(store: LikesStore): Promise<void> {
    const input = await store.load(POST)
    store.post(POST).receive(input!)
  }

  it('shows their heart with the first answer, though it is older than the one before', async () => {
    const store = page()
    await read(store)
    store.post(POST).set(true)
    await expect.poll(() => store.post(POST).intent()).toBeUndefined()
    expect(liked(store)).toBe(true)
    site.browser.person = 'ben'
    await read(store)
    expect(store.post(POST).entry()).toMatchObject({
      liked: false,
      count: 0,
      op: 0,
      session: sessionTag('ben'),
    })
    site.browser.person = null
    await read(store)
    expect(store.post(POST).entry()).toMatchObject({ liked: null, session: 'none' })
  })

  it('does not believe a tab or a page of the other session', async () => {
    const store = page()
    site.browser.person = 'ben'
    await read(store)
    const rev = 1000 * Date.now()
    const ofAna: LikeInput = { count: 1, liked: true, rev, op: 2 * rev + 1, source: 'redis', private: true }
    hear(store, POST, { ...ofAna, session: sessionTag('ana') })
    store.post(POST).seed({ ...ofAna, session: sessionTag('ana') })
    expect(store.post(POST).entry()).toMatchObject({ liked: false, op: 0 })
    hear(store, POST, { ...ofAna, session: sessionTag('ben') })
    expect(store.post(POST).entry()).toMatchObject({ liked: true })
  })

  it('takes a rendered page of the other session for nothing once the server has answered', async () => {
    const store = page()
    const rev = 1000 * Date.now()
    const rendered = {
      count: 1,
      liked: true,
      rev,
      op: 2 * rev + 1,
      session: sessionTag('ana'),
      private: true,
    }
    store.queryClient.setQueryData(likesKey(POST), mergeLikes(undefined, rendered, Date.now()))
    expect(liked(store)).toBe(true)
    site.browser.person = 'ben'
    await read(store)
    expect(liked(store)).toBe(false)
  })
})
