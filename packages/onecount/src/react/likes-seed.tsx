'use client'

import { createContext, type ReactElement, type ReactNode, useContext, useMemo } from 'react'
import { DEFAULT_KIND } from './kind'
import type { LikeInput } from './registers'

/** By post; a `Map` of the engine's `read`, or an object of it. */
export type LikesSeeds = ReadonlyMap<string, LikeInput> | Readonly<Record<string, LikeInput>>

const SeedContext = createContext<readonly { likes: LikesSeeds; kind: string }[]>([])

/** Props of `LikesSeed`. */
export interface LikesSeedProps {
  /** What the server has read. */
  likes: LikesSeeds
  /**
   * Of which kind these likes are.
   * @default 'like'
   */
  kind?: string
  /**
   * What shows them.
   * @default none
   */
  children?: ReactNode
}

/**
 * What the server has read of a page's posts, for every `useLikes` and `LikeButton` inside: they show it from the first
 * render on, on the server as well.
 *
 * @example
 * const likes = await onecount.read(posts.map(post => post.id), sessionId)
 * return <LikesSeed likes={likes}>{posts.map(post => <Card key={post.id} post={post} />)}</LikesSeed>
 */
export function LikesSeed({ likes, kind = DEFAULT_KIND, children }: LikesSeedProps): ReactElement {
  const outer = useContext(SeedContext)
  const seeds = useMemo(() => [{ likes, kind }, ...outer], [likes, kind, outer])
  return <SeedContext.Provider value={seeds}>{children}</SeedContext.Provider>
}

/** The seed of the innermost LikesSeed of this kind that has one of this post. */
export function useSeedOf(postId: string, of: string): LikeInput | undefined {
  const seeds = useContext(SeedContext)
  for (const { likes, kind } of seeds) {
    if (kind !== of) continue
    const seed = likes instanceof Map ? likes.get(postId) : (likes as Record<string, LikeInput>)[postId]
    if (seed) return seed
  }
  return undefined
}
