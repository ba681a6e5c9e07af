// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { StrictMode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServer, POST, UNKNOWN } from '../../test/support/react-pages'
import { LikeButton } from './like-button'
import { LikesSeed, type LikesSeeds } from './likes-seed'
import { LikesProvider, useLikesStore } from './provider'
import type { LikesStore } from './store'
import { useKeptLikes, useLikeCounts, useLikesStatus } from './summary'

const OTHER = '50050002-aaaa-bbbb-cccc-ddddeeee0002'
const seedOf = (count: number) => ({ count, liked: false, rev: 1, source: 'redis' }) as const

let served: ReturnType<typeof createServer>
let store: LikesStore
let renders: number

function Sum() {
  const counts = useLikeCounts([
    { id: POST, count: 446 },
    { id: OTHER, count: 4 },
  ])
  store = useLikesStore()
  renders++
  return <output>{[...counts.values()].join(' + ')}</output>
}
const Status = () => <p>{useLikesStatus()}</p>
const sum = () => screen.getByText(/\+/).textContent

beforeEach(() => {
  localStorage.clear()
  served = createServer()
  renders = 0
})
afterEach(cleanup)

describe('useLikeCounts', () => {
  it('adds the counts of the views, presses included, and the rendered counts of posts that no view has', () => {
    render(
      <LikesProvider transport={served.transport}>
        <Sum />
        <LikeButton postId={POST} seed={seedOf(446)} />
      </LikesProvider>,
    )
    expect(sum()).toBe('446 + 4')
    fireEvent.click(screen.getByRole('button'))
    expect(sum()).toBe('447 + 4')
  })

  it('draws nothing anew while no count changes', () => {
    render(
      <LikesProvider transport={served.transport}>
        <Sum />
        <LikeButton postId={POST} seed={seedOf(446)} />
      </LikesProvider>,
    )
    const before = renders
    act(() => store.post(POST).receive({ ...seedOf(446), rev: 2 }))
    expect(store.post(POST).entry()?.countRev).toBe(2)
    expect(renders).toBe(before)
    act(() => store.post(POST).receive({ ...seedOf(450), rev: 3 }))
    expect(sum()).toBe('450 + 4')
  })
})

describe('useLikesStatus', () => {
  it('is the most urgent one of the posts on the page', async () => {
    render(
      <StrictMode>
        <LikesProvider transport={served.transport}>
          <Status />
          <LikeButton postId={POST} seed={seedOf(446)} />
        </LikesProvider>
      </StrictMode>,
    )
    const status = () => document.querySelector('p')?.textContent
    expect(status()).toBe('exact')
    served.server.isUp = false
    fireEvent.click(screen.getByRole('button'))
    expect(status()).toBe('saving')
    await expect.poll(status).toBe('retrying')
    served.server.isUp = true
    await expect.poll(status).toBe('exact')
  })
})

describe('useKeptLikes', () => {
  const Kept = () => <p>{useKeptLikes()}</p>
  const shown = () => document.querySelector('p')?.textContent

  it('counts the presses that Postgres is not known to hold, of every tab, until it does', async () => {
    render(
      <LikesProvider transport={served.transport}>
        <Kept />
        <LikeButton postId={POST} seed={seedOf(446)} />
      </LikesProvider>,
    )
    expect(shown()).toBe('0')
    served.server.isUp = false
    fireEvent.click(screen.getByRole('button'))
    expect(shown()).toBe('1')
    localStorage.setItem(`onecount:kept:${OTHER}`, `${2 * Date.now() * 1000 + 1}|${Date.now()}`)
    act(() => void dispatchEvent(new StorageEvent('storage')))
    expect(shown()).toBe('2')
    localStorage.removeItem(`onecount:kept:${OTHER}`)
    act(() => void dispatchEvent(new StorageEvent('storage')))
    served.server.isUp = true
    await expect.poll(() => served.server.writes.length).toBeGreaterThan(0)
    served.server.drain()
    await expect.poll(shown).toBe('0')
  })
})

describe('LikesSeed', () => {
  const app = (likes: LikesSeeds, inner: LikesSeeds = {}) => (
    <LikesProvider transport={served.transport}>
      <LikesSeed likes={likes}>
        <LikesSeed likes={inner}>
          <LikeButton postId={POST} />
        </LikesSeed>
      </LikesSeed>
    </LikesProvider>
  )

  it('gives every post inside its state from the server, of a Map or an object, in the first render', () => {
    expect(renderToString(app(new Map([[POST, seedOf(446)]])))).toContain('446')
    expect(renderToString(app({ [POST]: seedOf(446) }))).toContain('446')
    expect(renderToString(app({ [OTHER]: seedOf(446) }))).toContain('–')
  })

  it('is the innermost one that knows the post', () => {
    expect(renderToString(app({ [POST]: seedOf(446) }, { [POST]: seedOf(7) }))).toContain('Like, 7 likes')
    expect(renderToString(app({ [POST]: seedOf(446) }, { [OTHER]: seedOf(7) }))).toContain('446')
  })

  it('takes a later payload of the page, and none that is older than the known state', () => {
    const { rerender } = render(app({ [POST]: UNKNOWN }))
    const text = () => screen.getByRole('button').textContent
    expect(text()).toBe('♡ –')
    rerender(app({ [POST]: { ...seedOf(450), rev: 20 } }))
    expect(text()).toBe('♡ 450')
    rerender(app({ [POST]: { ...seedOf(440), rev: 10 } }))
    expect(text()).toBe('♡ 450')
  })
})
