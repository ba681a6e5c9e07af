import { describe, expect, it } from 'vitest'
import { toMoment, toPostContent } from './content-rows'
import { formatCursor, parseCursor } from './feed-cursor'

describe('toPostContent', () => {
  const row = {
    id: '50050001-aaaa-bbbb-cccc-ddddeeee0001',
    caption: 'Oso polar en su habitat natural',
    alt: 'Un oso',
    image_url: '/scenes/1.svg',
    created_at: '2026-10-14T09:30:00Z',
    likes: 446,
    author: {
      username: 'lucia_nature',
      display_name: 'Lucía',
      bio: '',
      avatar_url: '/avatars/lucia_nature.svg',
    },
  }

  it('never carries a count into the cache, even when a row has one', () => {
    expect(JSON.stringify(toPostContent(row))).not.toContain('446')
  })

  it.each([
    ['2026-10-11 07:20:00+00', '2026-10-11T07:20:00+00:00'],
    ['2026-10-11 07:20:00.123456-03', '2026-10-11T07:20:00.123456-03:00'],
    ['2026-10-11 07:20:00+05:30', '2026-10-11T07:20:00+05:30'],
    ['2026-10-11T07:20:00.5+00:00', '2026-10-11T07:20:00.5+00:00'],
    ['2026-10-14T09:30:00Z', '2026-10-14T09:30:00Z'],
  ])('has the time %s as %s, which a cursor of the feed can hold', (text, moment) => {
    const { createdAt, id } = toPostContent({ ...row, created_at: text })
    expect(createdAt).toBe(moment)
    expect(toMoment(moment)).toBe(moment)
    expect(parseCursor(decodeURIComponent(formatCursor({ createdAt, id })))).toEqual({ createdAt, id })
  })
})
