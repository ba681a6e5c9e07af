'use client'

import { useRef, useState } from 'react'
import type { Post } from '@/app/types'
import type { FeedPage } from '@/app/utils/feed-page'

export interface Feed {
  /** Newest first, each once. */
  posts: Post[]
  /** Where the feed goes on; null at its end. */
  next: string | null
  status: 'idle' | 'loading' | 'failed'
  /** Appends the next page. Answers its first post; undefined where there is none, or it cannot be loaded. */
  more(): Promise<Post | undefined>
}

/** The feed from its first page on: older pages are appended to it. */
export function useFeed(first: FeedPage): Feed {
  const [older, setOlder] = useState<FeedPage[]>([])
  const [status, setStatus] = useState<Feed['status']>('idle')
  const isLoading = useRef(false)
  const pages = [first, ...older]
  const { next } = pages.at(-1)!

  async function more(): Promise<Post | undefined> {
    if (isLoading.current || next === null) return undefined
    isLoading.current = true
    setStatus('loading')
    try {
      const response = await fetch(`/api/posts?before=${next}`)
      if (!response.ok) throw new Error(`the feed answers ${response.status}`)
      const page: FeedPage = await response.json()
      setOlder(pages => [...pages, page])
      setStatus('idle')
      return page.posts[0]
    } catch {
      setStatus('failed')
      return undefined
    } finally {
      isLoading.current = false
    }
  }

  // A post that came to the top meanwhile pushes one that is shown to the next page.
  const posts = new Map(pages.flatMap(page => page.posts).map(post => [post.id, post]))
  return { posts: [...posts.values()], next, status, more }
}
