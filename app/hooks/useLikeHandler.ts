'use client'

import { type LikesView, useLikes } from 'onecount/react'
import type { Post } from '@/app/types'

type Seed = Pick<Post, 'id' | 'liked' | Extract<keyof Post, `likes${string}`>>

/**
 * The one hook behind every heart and every number. What the post carries is where it starts; from then on all views
 * show the same entry, and no cache has to be invalidated.
 */
export function useLikeHandler(post: Seed): LikesView {
  return useLikes(post.id, {
    count: post.likes,
    liked: post.liked,
    rev: post.likesRev,
    op: post.likesOp,
    source: post.likesSource,
    session: post.likesSession,
  })
}
