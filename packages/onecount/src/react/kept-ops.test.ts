// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { POST } from '../../test/support/react-pages'
import { variantId } from '../core/variants'
import { createKeptOps } from './kept-ops'
import { keptPosts } from './kept-posts'
import { scopeOf } from './kind'

const postId = (n: number) => `50050001-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`
/** The kept presses of the API at `address`. */
const ofServer = (address: string, kind = 'like') => createKeptOps(scopeOf(kind, address))
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
})
afterEach(() => vi.useRealTimers())

describe('kept ops', () => {
  it('are at most 200, the newest, and none is older than a day', async () => {
    const ops = createKeptOps()
    for (let n = 0; n < 250; n++) {
      await pass(10)
      ops.set(postId(n), 2 * n + 3)
    }
    expect(keptPosts(ops)).toHaveLength(200)
    expect(keptPosts(ops)[0]).toBe(postId(50))
    expect(localStorage).toHaveLength(200)
    await pass(24 * 60 * 60_000)
    expect(keptPosts(ops)).toEqual([])
    expect(localStorage).toHaveLength(0)
  })

  it('live as long as the page where the storage is forbidden or full', () => {
    const forbidden = new Proxy({} as Storage, {
      get() {
        throw new DOMException('no', 'SecurityError')
      },
    })
    for (const storage of [forbidden, null]) {
      const ops = createKeptOps(undefined, undefined, () => storage as Storage)
      ops.set(POST, 3)
      expect(ops.get(POST)).toBe(3)
      ops.forget(POST, 2)
      expect(keptPosts(ops)).toEqual([POST])
      ops.forget(POST, 3)
      expect(keptPosts(ops)).toEqual([])
    }
  })

  it('ignore entries that other code has written there', () => {
    for (const text of ['', 'x|y', '3', '{"op":3}', '99999999999999999999|1'])
      localStorage.setItem(`onecount:kept:${text}`, text)
    expect(keptPosts(createKeptOps())).toEqual([])
    expect(localStorage).toHaveLength(0)
  })

  it('are those of variants too', () => {
    const ids = ['👍', ':+1:', '@here/now', '👩‍👩‍👧'].map(variant => variantId(POST, variant))
    for (const id of ids) createKeptOps().set(id, 3)
    for (const malformed of ['~', '~a~b', '~a b', '~a|b', '~\u0007', `~${'x'.repeat(65)}`])
      localStorage.setItem(`onecount:kept:${POST}${malformed}`, '3|1')
    expect(keptPosts(createKeptOps()).sort()).toEqual(ids.sort())
    expect(localStorage).toHaveLength(ids.length)
  })

  it('forget what stands under a name that can be no post: one malformed id would have the whole question refused', () => {
    const ops = createKeptOps()
    ops.set(POST, 3)
    const text = localStorage.getItem(`onecount:kept:${POST}`)!
    for (const name of ['', ' ', `${POST} `, 'a|b', '!epoch', '.x', 'é', '1/2', '1\n', 'x'.repeat(129)])
      localStorage.setItem(`onecount:kept:${name}`, text)
    expect(keptPosts(ops)).toEqual([POST])
    expect(localStorage).toHaveLength(1)
  })

  it.each([POST, '42', '-5', '9223372036854775807', 'Polar-bear:2.1', '_x', 'x'.repeat(128)])(
    'are kept of a post with the id %s, for the next page too',
    id => {
      createKeptOps().set(id, 3)
      const ops = createKeptOps()
      expect(keptPosts(ops)).toEqual([id])
      expect(ops.get(id)).toBe(3)
    },
  )

  it('of one server are not those of another, whose posts may have the same ids', () => {
    const [likes, bookmarks] = [createKeptOps(), ofServer('/api/bookmarks')]
    likes.set('42', 3)
    bookmarks.set('42', 5)
    bookmarks.set('43', 7)
    expect([keptPosts(likes), likes.get('42')]).toEqual([['42'], 3])
    expect([keptPosts(bookmarks), bookmarks.get('42')]).toEqual([['42', '43'], 5])
    bookmarks.forget('42', 5)
    expect(keptPosts(createKeptOps())).toEqual(['42'])
    expect(keptPosts(ofServer('/api/bookmarks'))).toEqual(['43'])
  })
})
