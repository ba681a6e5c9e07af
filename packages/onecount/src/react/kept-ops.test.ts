// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { POST } from '../../test/support/react-pages'
import { KeptOps } from './kept-ops'

const postId = (n: number) => `50050001-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
})
afterEach(() => vi.useRealTimers())

describe('kept ops', () => {
  it('are at most 200, the newest, and none is older than a day', async () => {
    const ops = new KeptOps()
    for (let n = 0; n < 250; n++) {
      await pass(10)
      ops.keep(postId(n), 2 * n + 3)
    }
    expect(ops.posts()).toHaveLength(200)
    expect(ops.posts()[0]).toBe(postId(50))
    expect(localStorage).toHaveLength(200)
    await pass(24 * 60 * 60_000)
    expect(ops.posts()).toEqual([])
    expect(localStorage).toHaveLength(0)
  })

  it('live as long as the page where the storage is forbidden or full', () => {
    const forbidden = new Proxy({} as Storage, {
      get() {
        throw new DOMException('no', 'SecurityError')
      },
    })
    for (const storage of [forbidden, null]) {
      const ops = new KeptOps(storage)
      ops.keep(POST, 3)
      expect(ops.get(POST)).toMatchObject({ op: 3 })
      ops.forget(POST, 2)
      expect(ops.posts()).toEqual([POST])
      ops.forget(POST, 3)
      expect(ops.posts()).toEqual([])
    }
  })

  it('do not believe what somebody else has written there', () => {
    for (const text of ['', 'x|y', '3', '{"op":3}', '99999999999999999999|1'])
      localStorage.setItem(`onecount:kept:${text}`, text)
    expect(new KeptOps().posts()).toEqual([])
    expect(localStorage).toHaveLength(0)
  })

  it('forget what stands under a name that can be no post: one malformed id would have the whole question refused', () => {
    const ops = new KeptOps()
    ops.keep(POST, 3)
    const text = localStorage.getItem(`onecount:kept:${POST}`)!
    for (const name of ['', ' ', `${POST} `, 'a|b', '!epoch', '.x', 'é', '1/2', '1\n', 'x'.repeat(129)])
      localStorage.setItem(`onecount:kept:${name}`, text)
    expect(ops.posts()).toEqual([POST])
    expect(localStorage).toHaveLength(1)
  })

  it.each([POST, '42', '-5', '9223372036854775807', 'Polar-bear:2.1', '_x', 'x'.repeat(128)])(
    'are kept of a post with the id %s, for the next page too',
    id => {
      new KeptOps().keep(id, 3)
      const ops = new KeptOps()
      expect(ops.posts()).toEqual([id])
      expect(ops.get(id)).toMatchObject({ op: 3 })
    },
  )

  it('of one server are not those of another, whose posts may have the same ids', () => {
    const [likes, bookmarks] = [new KeptOps(), new KeptOps(localStorage, Date.now, '/api/bookmarks')]
    likes.keep('42', 3)
    bookmarks.keep('42', 5)
    bookmarks.keep('43', 7)
    expect([likes.posts(), likes.get('42')?.op]).toEqual([['42'], 3])
    expect([bookmarks.posts(), bookmarks.get('42')?.op]).toEqual([['42', '43'], 5])
    bookmarks.forget('42', 5)
    expect(new KeptOps().posts()).toEqual(['42'])
    expect(new KeptOps(localStorage, Date.now, '/api/bookmarks').posts()).toEqual(['43'])
  })
})
