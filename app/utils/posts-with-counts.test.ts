import { createEngines, defineConfig } from 'onecount'
import { postgresPort } from 'onecount/postgres'
import { afterEach, describe, expect, it } from 'vitest'
import type { PostContent } from '@/app/types'
import { mergePostsWithCounts } from './posts-with-counts'

const author = { username: 'lucia_nature', displayName: 'Lucía', bio: '', avatarUrl: '/a.svg' }
const post = (n: number): PostContent => ({
  id: `50050001-aaaa-bbbb-cccc-ddddeeee000${n}`,
  caption: `Foto ${n}`,
  alt: '',
  imageUrl: '/s.svg',
  createdAt: '2026-10-14T09:30:00Z',
  author,
})

const SLOT = Symbol.for('onecount.engines')
const slots = globalThis as unknown as Record<symbol, unknown>

/** Puts an engine over a Postgres that answers like this in the place of this process's own. */
function engineOver(answer: () => Promise<unknown>): void {
  slots[SLOT] = createEngines(defineConfig({}), { redis: null, postgres: () => postgresPort(answer) })
}

describe('mergePostsWithCounts', () => {
  afterEach(() => {
    delete slots[SLOT]
  })

  it('shows a count that cannot be read as unknown, never as 0', async () => {
    engineOver(async () => {
      throw new Error('down')
    })
    const [merged] = await mergePostsWithCounts([post(1)], 'someone')
    expect(merged).toMatchObject({ caption: 'Foto 1', likes: null, liked: null, likesSource: 'unknown' })
  })

  it('keeps the content and its order when counts cannot be read', async () => {
    engineOver(async () => {
      throw new Error('down')
    })
    const merged = await mergePostsWithCounts([post(2), post(1)], null)
    expect(merged.map(({ caption }) => caption)).toEqual(['Foto 2', 'Foto 1'])
  })

  it('does not mark counts of Postgres as inexact where no Redis is configured', async () => {
    engineOver(async () => [{ post: post(1).id, count: 446, rev: 5, liked: true, op: 3 }])
    const [merged] = await mergePostsWithCounts([post(1)], 'someone')
    expect(merged).toMatchObject({ likes: 446, liked: true, likesSource: undefined })
  })

  it('names the session whose hearts it shows, and none where it shows no hearts', async () => {
    engineOver(async () => [{ post: post(1).id, count: 446, rev: 5, liked: true, op: 3 }])
    const likesSessionOf = async (sessionId: string | null) =>
      (await mergePostsWithCounts([post(1)], sessionId))[0]!.likesSession
    const [ana, ben] = [await likesSessionOf('ana'), await likesSessionOf('ben')]
    expect(ana).toMatch(/^[\w-]{16}$/)
    expect(ben).not.toBe(ana)
    expect(await likesSessionOf(null)).toBeUndefined()
  })

  it('calls no store for an empty page', async () => {
    let calls = 0
    engineOver(async () => {
      calls += 1
      return null
    })
    expect(await mergePostsWithCounts([], 'someone')).toEqual([])
    expect(calls).toBe(0)
  })
})
