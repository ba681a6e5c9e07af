// @vitest-environment jsdom
import { act, cleanup, fireEvent } from '@testing-library/react'
import { lazy, type ReactNode, Suspense } from 'react'
import { hydrateRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServer, POST } from '../../test/support/react-pages'
import { LikeButton } from './like-button'
import { LikesProvider, useLikesStore } from './provider'
import type { LikeInput } from './registers'
import type { LikesStore } from './store'

const SEED: LikeInput = { count: 446, liked: false, rev: 1, source: 'redis' }

let served: ReturnType<typeof createServer>
let store: LikesStore
let main: HTMLElement
let root: Root | undefined
let errors: unknown[]

function Heart({ name, seed }: { name: string; seed?: LikeInput }) {
  store = useLikesStore()
  return (
    <LikeButton postId={POST} seed={seed}>
      {({ liked, count, status, buttonProps }) => (
        <button {...buttonProps} data-name={name} data-status={status}>
          {liked ? '♥' : '♡'} {count ?? '–'}
        </button>
      )}
    </LikeButton>
  )
}

const page = (early: ReactNode, Late: () => ReactNode) => (
  <LikesProvider transport={served.transport}>
    {early}
    <Suspense>
      <Late />
    </Suspense>
  </LikesProvider>
)

/** A page of which the server has rendered both parts; the second one is hydrated when its code is there. */
function open(early: ReactNode, late: ReactNode): () => Promise<void> {
  main.innerHTML = renderToString(page(early, () => late))
  let load!: (code: { default: () => ReactNode }) => void
  const Late = lazy(() => new Promise<{ default: () => ReactNode }>(resolve => (load = resolve)))
  act(() => {
    root = hydrateRoot(main, page(early, Late as unknown as () => ReactNode), {
      onRecoverableError: error => errors.push(error),
    })
  })
  return () => act(async () => load({ default: () => late }))
}

const shown = (name: string) => {
  const { textContent, dataset, ariaPressed } = main.querySelector<HTMLElement>(`[data-name=${name}]`)!
  return [textContent, dataset.status, ariaPressed]
}
const LIKED = ['♥ 447', 'exact', 'true']

beforeEach(() => {
  localStorage.clear()
  served = createServer()
  errors = []
  main = document.body.appendChild(document.createElement('main'))
})
afterEach(() => {
  act(() => root?.unmount())
  main.remove()
  cleanup()
})

describe('a part of the page that is hydrated after its post was pressed in another one', () => {
  const typed = () => main.querySelector('input')!

  it('keeps what a person has typed there, and ends with the heart and number of the other one', async () => {
    const late = (
      <>
        <Heart name="late" seed={SEED} />
        <input aria-label="Comment" />
      </>
    )
    const hydrate = open(<Heart name="early" seed={SEED} />, late)
    const field = typed()
    field.value = 'Well said'
    fireEvent.click(main.querySelector('[data-name=early]')!)
    await expect.poll(() => shown('early')).toEqual(LIKED)
    expect(shown('late')).toEqual(['♡ 446', 'exact', 'false'])
    await hydrate()
    await expect.poll(() => shown('late')).toEqual(LIKED)
    expect(errors).toEqual([])
    expect(typed()).toBe(field)
    expect(field.value).toBe('Well said')
  })

  it('does so where the other one alone has a seed', async () => {
    const hydrate = open(<Heart name="early" seed={SEED} />, <Heart name="late" />)
    expect(shown('late')).toEqual(['♡ 446', 'exact', 'false'])
    fireEvent.click(main.querySelector('[data-name=early]')!)
    await expect.poll(() => shown('early')).toEqual(LIKED)
    await hydrate()
    await expect.poll(() => shown('late')).toEqual(LIKED)
    expect(errors).toEqual([])
  })

  it('does so where the post was read without it, and while the server cannot be reached', async () => {
    const hydrate = open(<Heart name="early" />, <Heart name="late" seed={SEED} />)
    await expect.poll(() => shown('early')).toEqual(['♡ 446', 'exact', 'false'])
    served.server.other()
    await act(() => store.refreshActive())
    await expect.poll(() => shown('early')).toEqual(['♡ 447', 'exact', 'false'])
    served.server.isUp = false
    await act(() => store.refreshActive())
    await expect.poll(() => shown('early')).toEqual(['♡ 447', 'last-known', 'false'])
    await hydrate()
    expect(errors).toEqual([])
    await expect.poll(() => shown('late')).toEqual(['♡ 447', 'last-known', 'false'])
  })
})
