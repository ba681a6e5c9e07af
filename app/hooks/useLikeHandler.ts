'use client'

import { type LikesView, useLikes } from 'onecount/react'
import type { Post } from '@/app/types'

type Seed = Pick<Post, 'id' | 'likes' | 'liked' | 'likesRev' | 'likesOp' | 'likesSource'>

/**
 * The one hook behind every heart and every number. What the post carries is where it starts; from then on all views
 * show the same entry, and no cache has to be invalidated.
 */
export function useLikeHandler({ id, likes, liked, likesRev, likesOp, likesSource }: Seed): LikesView {
  return useLikes(id, { count: likes, liked, rev: likesRev, op: likesOp, source: likesSource })
}
