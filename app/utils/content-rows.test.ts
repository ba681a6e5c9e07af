import { describe, expect, it } from 'vitest'
import { newestFirst, readAll, toMoment, toPostContent } from './content-rows'
import { formatCursor, parseCursor } from './feed-cursor'

describe('readAll', () => {
  const table = Array.from({ length: 2500 }, (_, n) => ({ id: String(n).padStart(4, '0') }))
  const pageOf = (size: number) => async (after: string | null) =>
    table.filter(row => after === null || row.id > after).slice(0, size)

  it('reads past the thousand rows at which an answer is cut', async () => {
    expect(await readAll(pageOf(1000))).toEqual(table)
  })

  it('is not misled by a server that cuts earlier', async () => {
    expect(await readAll(pageOf(300))).toHaveLength(2500)
  })

  it('reads an empty table', async () => {
    expect(await readAll(async () => [])).toEqual([])
  })
})

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

  it('orders by date, then by id', () => {
    const a = toPostContent(row)
    const b = { ...a, id: '50050001-aaaa-bbbb-cccc-ddddeeee0002' }
    const c = { ...a, createdAt: '2026-10-15T09:30:00Z' }
    expect([a, b, c].sort(newestFirst)).toEqual([c, b, a])
  })
})
