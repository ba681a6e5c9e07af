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

  it.each(['2026-10-14T09:30:00Z', '2024-02-29T23:59:59.999999-12:00', '0001-01-01T00:00:00+15:59'])(
    'takes a time that Postgres takes: %s',
    createdAt => expect(parseCursor(`${createdAt}_${post.id}`)).toEqual({ createdAt, id: post.id }),
  )

  it.each([
    '2026-99-99T99:99:99Z',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-10-00T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '2026-10-14T24:00:00Z',
    '2026-10-14T23:60:00Z',
    '2026-10-14T09:30:00+16:00',
    '2026-10-14T09:30:00+01:60',
    '2026-10-14T09:30:00.Z',
    '2026-10-14T09:30Z',
    '2026-10-14T::::Z',
  ])('ignores a time that no calendar has, which Postgres would refuse: %s', createdAt => {
    expect(parseCursor(`${createdAt}_${post.id}`)).toBeNull()
  })

  it.each(['-'.repeat(36), '5005000-1aaaa-bbbb-cccc-ddddeeee00011', post.id.toUpperCase(), `${post.id}0`])(
    'ignores a cursor with an invalid id: %s',
    id => expect(parseCursor(`2026-10-14T09:30:00Z_${id}`)).toBeNull(),
  )
})
