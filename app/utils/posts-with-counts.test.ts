import { createOnecount, type Onecount } from 'onecount'
import { postgresPort } from 'onecount/postgres'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { PostContent } from '@/app/types'

const author = { username: 'lucia_nature', displayName: 'Lucía', bio: '', avatarUrl: '/a.svg' }
const post = (n: number): PostContent => ({
  id: `50050001-aaaa-bbbb-cccc-ddddeeee000${n}`,
  caption: `Foto ${n}`,
  alt: '',
  imageUrl: '/s.svg',
  createdAt: '2026-10-14T09:30:00Z',
  author,
})

/** The engine of this process, over a Postgres of which only the answer to a page's read is of interest here. */
function useEngine(answer: (fn: string, args: Record<string, unknown>) => Promise<unknown>): Onecount {
  const slots = globalThis as unknown as Record<symbol, Onecount | undefined>
  const engine = createOnecount({ redis: null, postgres: postgresPort(answer) })
  slots[Symbol.for('onecount.engine')] = engine
  return engine
}

async function merge(posts: PostContent[], sessionId: string | null) {
  vi.resetModules()
  const { mergePostsWithCounts } = await import('./posts-with-counts')
  return mergePostsWithCounts(posts, sessionId)
}

describe('mergePostsWithCounts', () => {
  afterEach(() => {
    delete (globalThis as unknown as Record<symbol, unknown>)[Symbol.for('onecount.engine')]
  })

  it('shows what cannot be read as unknown, never as 0', async () => {
    useEngine(async () => {
      throw new Error('down')
    })
    const [merged] = await merge([post(1)], 'someone')
    expect(merged).toMatchObject({ caption: 'Foto 1', likes: null, liked: null, likesSource: 'unknown' })
  })

  it('keeps the content and its order, whatever could be counted', async () => {
    useEngine(async () => {
      throw new Error('down')
    })
    const merged = await merge([post(2), post(1)], null)
    expect(merged.map(({ caption }) => caption)).toEqual(['Foto 2', 'Foto 1'])
  })

  it('asks nobody for an empty page', async () => {
    let calls = 0
    useEngine(async () => {
      calls += 1
      return null
    })
    expect(await merge([], 'someone')).toEqual([])
    expect(calls).toBe(0)
  })
})
