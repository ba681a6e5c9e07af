// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import type { LikesStatus } from 'onecount/react'
import { afterEach, describe, expect, it } from 'vitest'
import { Announcer } from './announcer'
import { useAnnouncedLike } from './use-announced-like'

interface Like {
  liked: boolean
  count: number | null
  status: LikesStatus
  error?: { code: string; message: string }
}

let press: () => void
function Heart({ like: { error, ...like } }: { like: Like }) {
  press = useAnnouncedLike({ ...like, error })
  return null
}

const view = (like: Like) => (
  <>
    <Announcer />
    <Heart like={like} />
  </>
)
const announced = () => screen.getByRole('status').textContent

/** Whoever has pressed hears each of these. */
function pressed() {
  const { rerender } = render(view({ liked: false, count: 446, status: 'exact' }))
  const become = (like: Like) => {
    rerender(view(like))
    return announced()
  }
  press()
  expect(become({ liked: true, count: 447, status: 'saving' })).toBe('Liked, 447 likes')
  return become
}

afterEach(cleanup)

describe('a press of which people hear', () => {
  it.each(['exact', 'lagging', 'last-known'] as const)('is said to be saved when it ends as %s', status => {
    const become = pressed()
    expect(become({ liked: true, count: 447, status: 'retrying' })).toBe('Not saved yet, retrying')
    expect(become({ liked: true, count: 448, status })).toBe('Saved, 448 likes')
    expect(become({ liked: true, count: 460, status: 'exact' })).toBe('Saved, 448 likes')
  })

  it('that is saved at once is said once, and what others do stays silent', () => {
    const become = pressed()
    expect(become({ liked: true, count: 447, status: 'lagging' })).toBe('Liked, 447 likes')
    expect(become({ liked: true, count: 460, status: 'retrying' })).toBe('Liked, 447 likes')
  })

  it('that is refused says why', () => {
    const become = pressed()
    const error = { code: 'post_not_found', message: 'There is no such post.' }
    expect(become({ liked: false, count: 446, status: 'exact', error })).toBe('This picture was taken down.')
  })
})
