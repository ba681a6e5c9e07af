import { describe, expect, it } from 'vitest'
import { formatCursor, parseCursor } from './feed-cursor'

const post = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', createdAt: '2026-10-14T09:30:00.123+00:00' }

describe('the cursor of the feed', () => {
  it('comes back from an address as it went in', () => {
    const params = new URLSearchParams(`before=${formatCursor(post)}`)
    expect(parseCursor(params.get('before')!)).toEqual(post)
  })

  it('is the beginning of the feed when it is missing or malformed', () => {
    expect(parseCursor(undefined)).toBeNull()
    expect(parseCursor(['a', 'b'])).toBeNull()
    expect(parseCursor('2026-10-14T09:30:00Z_x')).toBeNull()
    expect(parseCursor(`2026-10-14T09:30:00Z",likes.gt.0_${post.id}`)).toBeNull()
  })
})
