import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { POST } from '../../test/support/react-pages'
import { LikesStore } from './store'
import { LikesRefused, type LikesTransport, LikesUnreachable } from './transport'

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const OTHER = POST.replace('0001', '0002')
const MALFORMED = new LikesRefused('invalid_post_id', 'The post id is malformed.')
const ids = (n: number) => Array.from({ length: n }, (_, i) => `post-${i}`)

/** A page on a server whose answer `check` may refuse. */
function open(check: (ids: string[]) => void) {
  const asked: string[][] = []
  const read: LikesTransport['read'] = async postIds => {
    asked.push(postIds)
    check(postIds)
    return new Map(postIds.map(id => [id, { count: 446, liked: false, rev: 1, source: 'redis' as const }]))
  }
  const write = () => Promise.reject(new LikesUnreachable('not here'))
  const store = new LikesStore(new QueryClient(), { read, write, now: () => Date.now() * 1000 })
  /** Of each post: whether there is one, or why that could not be read. */
  async function readAll(postIds: string[]): Promise<unknown[]> {
    const outcomes = Promise.all(
      postIds.map(id =>
        store
          .post(id)
          .read()
          .catch((error: Error) => error),
      ),
    )
    await vi.advanceTimersByTimeAsync(10)
    return outcomes
  }
  return { asked, store, readAll }
}

describe('posts that a page reads together', () => {
  it('are shown beside an id that is malformed, which is not asked for again and said once', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { asked, store, readAll } = open(all => {
      if (all.some(id => id.startsWith('draft'))) throw MALFORMED
    })
    const posts = [POST, 'draft-1', OTHER, 'draft-2']
    expect(await readAll(posts)).toEqual([true, false, true, false])
    expect(store.post(OTHER).entry()).toMatchObject({ count: 446, liked: false })
    expect(log.mock.calls).toEqual([['onecount: "draft-1" is no id of a post: The post id is malformed.']])
    asked.length = 0
    expect(await readAll(posts)).toEqual([true, false, true, false])
    expect(asked).toEqual([[POST, OTHER]])
    expect(log).toHaveBeenCalledOnce()
  })

  it('say why, where the only one has an id that is malformed', async () => {
    const { asked, readAll } = open(() => {
      throw MALFORMED
    })
    expect(await readAll(['draft-3'])).toEqual([MALFORMED])
    expect(await readAll(['draft-3'])).toEqual([MALFORMED])
    expect(asked).toHaveLength(2)
  })

  it('are not asked for apart when the server refuses something else', async () => {
    const refusal = new LikesRefused('too_many_requests', 'Wait.')
    const { asked, readAll } = open(() => {
      throw refusal
    })
    expect(await readAll([POST, OTHER])).toEqual([refusal, refusal])
    expect(asked).toHaveLength(1)
  })

  it('are a request for each hundred, and only those of one that fails are not read', async () => {
    const down = new LikesUnreachable('down')
    const { asked, readAll } = open(all => {
      if (all.includes('post-150')) throw down
    })
    const outcomes = await readAll(ids(250))
    expect(asked.map(all => all.length)).toEqual([100, 100, 50])
    expect(outcomes.map(outcome => outcome !== down)).toEqual(ids(250).map((_, i) => i < 100 || i >= 200))
  })
})
