// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServer, POST } from '../../test/support/react-pages'
import { LikeButton } from './like-button'
import { type LikeText, likeText } from './like-text'
import { LikesProvider } from './provider'
import type { ShownLikes } from './shown'
import { LikesRefused } from './transport'
import { type LikesView, useLikes } from './use-likes'

const SEED = { count: 446, liked: false, rev: 1, source: 'redis' } as const

let served: ReturnType<typeof createServer>
const app = (children: ReactNode) => <LikesProvider transport={served.transport}>{children}</LikesProvider>
const button = () => screen.getByRole('button')
const name = () => button().getAttribute('aria-label')
const announced = () => screen.getByRole('status').textContent

beforeEach(() => {
  localStorage.clear()
  document.body.textContent = ''
  served = createServer()
})
afterEach(cleanup)

describe('LikeButton', () => {
  it('is a button with a heart and the count, named with it, on the server too', () => {
    const html = renderToString(app(<LikeButton postId={POST} seed={SEED} />))
    expect(html).toContain('aria-pressed="false"')
    expect(html).toContain('aria-label="Like, 446 likes"')
    expect(html).not.toContain('style=')
    render(app(<LikeButton postId={POST} seed={SEED} />))
    expect(button().textContent).toBe('♡ 446')
    expect(button().getAttribute('type')).toBe('button')
  })

  it('shows a press at once, and that it is saved', async () => {
    render(app(<LikeButton postId={POST} seed={SEED} />))
    fireEvent.click(button())
    expect([button().textContent, name()]).toEqual(['♥ 447', 'Like, 447 likes'])
    expect(button().getAttribute('aria-pressed')).toBe('true')
    await expect.poll(() => served.server.count()).toBe(447)
    fireEvent.click(button())
    expect(button().getAttribute('aria-pressed')).toBe('false')
    await expect.poll(() => served.server.count()).toBe(446)
  })

  it('is drawn by the application, which gets all that is to be shown', async () => {
    render(
      app(
        <LikeButton postId={POST} seed={SEED}>
          {({ count, liked, isPending, status, buttonProps }) => (
            <button {...buttonProps} className={status}>
              {isPending ? 'saving' : 'saved'} {count} {String(liked)}
            </button>
          )}
        </LikeButton>,
      ),
    )
    expect(button().textContent).toBe('saved 446 false')
    fireEvent.click(button())
    expect(button().textContent).toBe('saving 447 true')
    expect(button().className).toBe('saving')
    await expect.poll(() => button().textContent).toBe('saved 447 true')
  })

  it('is one with a view that has read the likes itself', () => {
    function View() {
      const like = useLikes(POST, SEED)
      return (
        <>
          <output>{like.count}</output>
          <LikeButton like={like} />
        </>
      )
    }
    render(app(<View />))
    fireEvent.click(button())
    expect(screen.getByText('447')).toBeTruthy()
    expect(button().textContent).toBe('♥ 447')
  })

  it('says that nothing is known, and 1 like', () => {
    const name = (count: number | null) => likeText('label', { count, liked: false, status: 'exact' })
    expect([null, 0, 1, 12_345].map(name)).toEqual([
      'Like, number unknown',
      'Like, 0 likes',
      'Like, 1 like',
      'Like, 12,345 likes',
    ])
  })

  it('speaks the language that it is given', () => {
    const words = (about: LikeText, { count }: ShownLikes) => `${about} ${count}`
    render(app(<LikeButton postId={POST} seed={SEED} text={words} />))
    expect(name()).toBe('label 446')
    fireEvent.click(button())
    expect(announced()).toBe('pressed 447')
  })
})

const calm: LikesView = {
  count: 446,
  liked: false,
  status: 'exact',
  toggle() {},
  set() {},
  retry() {},
  dismiss() {},
  watch() {},
}
const pressed = { liked: true, count: 447, status: 'saving' } as const

/** A person who has pressed hears each of these. */
function afterPress() {
  const { rerender } = render(<LikeButton like={calm} />)
  fireEvent.click(button())
  const become = (like: Partial<LikesView>) => {
    rerender(<LikeButton like={{ ...calm, ...like }} />)
    return announced()
  }
  expect(become(pressed)).toBe('Liked, 447 likes')
  return become
}

describe('a press of which people hear', () => {
  it.each(['exact', 'lagging', 'last-known'] as const)('is said to be saved when it ends as %s', status => {
    const become = afterPress()
    expect(become({ ...pressed, status: 'retrying' })).toBe('Not saved yet, retrying')
    expect(become({ ...pressed, count: 448, status })).toBe('Saved, 448 likes')
    expect(become({ ...pressed, count: 460, status: 'exact' })).toBe('Saved, 448 likes')
  })

  it('that is saved at once is said once, and what others do stays silent', () => {
    const become = afterPress()
    expect(become({ ...pressed, status: 'lagging' })).toBe('Liked, 447 likes')
    expect(become({ ...pressed, count: 460, status: 'retrying' })).toBe('Liked, 447 likes')
  })

  it('that is refused says why', async () => {
    served.server.refusal = new LikesRefused('too_many_requests', 'Too many requests.')
    render(app(<LikeButton postId={POST} seed={SEED} />))
    fireEvent.click(button())
    expect(announced()).toBe('Liked, 447 likes')
    await expect.poll(announced).toBe('Too many requests.')
  })

  it('finds its region in the page before it is made, and in the dialog that is open', () => {
    const { rerender } = render(<LikeButton like={calm} />)
    expect(announced()).toBe('')
    expect(screen.getByRole('status').parentElement).toBe(document.body)
    rerender(
      <dialog open>
        <LikeButton like={calm} />
      </dialog>,
    )
    fireEvent.click(button())
    rerender(
      <dialog open>
        <LikeButton like={{ ...calm, ...pressed }} />
      </dialog>,
    )
    const inside = document.querySelector('dialog [role=status]')
    expect(inside?.textContent).toBe('Liked, 447 likes')
    expect(document.querySelectorAll('[role=status]')).toHaveLength(2)
  })
})
