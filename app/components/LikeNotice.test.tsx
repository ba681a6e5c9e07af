// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { LikesProvider, LikesRefused, type LikesTransport, LikesUnreachable } from 'onecount/react'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Post } from '@/app/types'
import { LikeControl } from './LikeControl'

const POST: Post = {
  id: '50050001-aaaa-bbbb-cccc-ddddeeee0001',
  caption: 'Morning',
  alt: 'A hill at dawn',
  imageUrl: '/scenes/1.svg',
  createdAt: '2026-10-14T08:00:00Z',
  author: { username: 'ada', displayName: 'Ada', bio: '', avatarUrl: '/avatars/1.svg' },
  likes: 446,
  liked: false,
  likesRev: 10,
  likesOp: null,
  likesSource: 'redis',
}

/** How the server takes presses. */
let outcome: Error | null
const state = (liked: boolean) => ({ count: 446 + Number(liked), liked, rev: 10 + Number(liked) })
const transport: LikesTransport = {
  read: async ids => new Map(ids.map(id => [id, state(false)])),
  write: async (_, liked, op) => {
    if (outcome) throw outcome
    return { ...state(liked), op, durable: true }
  },
  now: () => Date.now() * 1000,
}

/** A heart that was pressed, and the button of the notice about it. */
async function pressedHeart(name: string) {
  render(
    <LikesProvider transport={transport}>
      <LikeControl post={POST} />
    </LikesProvider>,
  )
  const heart = screen.getByRole('button', { name: 'Like Morning' })
  fireEvent.click(heart)
  const button = await screen.findByRole('button', { name }, { timeout: 10_000 })
  button.focus()
  return { heart, button }
}

beforeEach(() => localStorage.clear())
afterEach(cleanup)

describe('the notice about a press', () => {
  it('that is tried again leaves the focus on the heart', async () => {
    outcome = new LikesUnreachable('no answer')
    const { heart, button } = await pressedHeart('Retry')
    outcome = null
    fireEvent.click(button)
    await expect.poll(() => screen.queryByRole('button', { name: 'Retry' })).toBeNull()
    expect(document.activeElement).toBe(heart)
    expect(heart.getAttribute('aria-pressed')).toBe('true')
  })

  it('that was refused leaves the focus on the heart when it is put away', async () => {
    outcome = new LikesRefused('too_many_requests', 'Wait.', 3000)
    const { heart, button } = await pressedHeart('Dismiss')
    expect(screen.getByText(/Too quick/, { selector: 'p span' })).toBeTruthy()
    fireEvent.click(button)
    expect(screen.queryByRole('button', { name: 'Dismiss' })).toBeNull()
    expect(document.activeElement).toBe(heart)
    expect(heart.getAttribute('aria-pressed')).toBe('false')
  })
})
