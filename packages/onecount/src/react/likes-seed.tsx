'use client'

import { createContext, type ReactNode, useContext, useMemo } from 'react'
import type { LikeInput } from './registers'

/** By post; a `Map` of the engine's `read`, or an object of it. */
export type LikesSeeds = ReadonlyMap<string, LikeInput> | Readonly<Record<string, LikeInput>>

const SeedContext = createContext<readonly LikesSeeds[]>([])

/**
 * What the server has read of a page's posts, for every `useLikes` and `LikeButton` inside: they show it from the first
 * render on, on the server as well.
 *
 * @example
 * const likes = await onecount.read(posts.map(post => post.id), sessionId)
 * return <LikesSeed likes={likes}>{posts.map(post => <Card key={post.id} post={post} />)}</LikesSeed>
 */
export function LikesSeed({ likes, children }: { likes: LikesSeeds; children?: ReactNode }) {
  const outer = useContext(SeedContext)
  const seeds = useMemo(() => [likes, ...outer], [likes, outer])
  return <SeedContext.Provider value={seeds}>{children}</SeedContext.Provider>
}

/** The seed of the innermost LikesSeed that has one of this post. */
export function useSeedOf(postId: string): LikeInput | undefined {
  const seeds = useContext(SeedContext)
  for (const likes of seeds) {
    const seed = likes instanceof Map ? likes.get(postId) : (likes as Record<string, LikeInput>)[postId]
    if (seed) return seed
  }
  return undefined
}
