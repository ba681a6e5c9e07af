'use client'

import { useRef, useState } from 'react'
import type { Post, PostsPage } from '@/app/types'

export interface Pages<Page extends PostsPage> {
  /** The first, and those that were appended. */
  pages: Page[]
  /** Of all pages, each once. */
  posts: Post[]
  status: 'idle' | 'loading' | 'failed'
  /** Appends the next page and answers it; undefined where there is none, or it cannot be loaded. */
  more(): Promise<Page | undefined>
}

/**
 * A list from its first page on: later pages are appended to it.
 * @param load the page after these
 */
export function usePages<Page extends PostsPage>(
  first: Page,
  load: (pages: Page[]) => Promise<Page>,
): Pages<Page> {
  const [later, setLater] = useState<Page[]>([])
  const [status, setStatus] = useState<Pages<Page>['status']>('idle')
  const isLoading = useRef(false)
  const pages = [first, ...later]

  async function more(): Promise<Page | undefined> {
    if (isLoading.current || pages.at(-1)!.next === null) return undefined
    isLoading.current = true
    setStatus('loading')
    try {
      const page = await load(pages)
      setLater(later => [...later, page])
      setStatus('idle')
      return page
    } catch {
      setStatus('failed')
      return undefined
    } finally {
      isLoading.current = false
    }
  }

  // A post that moved between two pages is on both: its place is the earlier one.
  const posts = new Map(pages.flatMap(page => page.posts).map(post => [post.id, post]))
  return { pages, posts: [...posts.values()], status, more }
}

/** An answer of this application's own. @throws Error where it is not the one that was asked for */
export async function fetchJson<Answer>(address: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(address, init)
  if (!response.ok) throw new Error(`${address} answers ${response.status}`)
  return response.json()
}
