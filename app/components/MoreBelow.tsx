'use client'

import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { Pages } from '@/app/hooks/usePages'
import type { PostsPage } from '@/app/types'
import styles from './MoreBelow.module.css'
import { MoreLink } from './MoreLink'

interface MoreBelowProps<Page extends PostsPage> {
  list: Pages<Page>
  /** The next page at an address of its own: without scripts, and where it cannot be loaded here. */
  href: string
  /** The post of an appended page from which a person reads on. Default: its first. */
  goesOnAt?: (page: Page) => string | undefined
  children: ReactNode
}

/**
 * The last child of a list's container: a link that appends the next page. Says how many pictures have come, and hands the
 * focus to the first of them, which stands where the link stood; a focus that has gone elsewhere meanwhile stays there.
 */
export function MoreBelow<Page extends PostsPage>({ list, href, goesOnAt, children }: MoreBelowProps<Page>) {
  const place = useRef<HTMLDivElement>(null)
  const [added, setAdded] = useState<{ count: number; focusOn?: string }>()
  const { pages, posts, status, more } = list

  async function append() {
    const page = await more()
    if (!page) return
    // Not rendered yet: with the last page the link goes, and the focus with it.
    const hasFocus = place.current?.contains(document.activeElement)
    const focusOn = hasFocus ? (goesOnAt?.(page) ?? page.posts[0]?.id) : undefined
    setAdded({ count: page.posts.length, focusOn })
  }

  useEffect(() => {
    if (!added?.focusOn) return
    const post = place.current!.parentElement!.querySelector<HTMLElement>(`[data-post-id="${added.focusOn}"]`)
    if (!post) return
    post.tabIndex = -1
    post.focus({ preventScroll: true })
  }, [added])

  if (pages.length === 1 && pages[0]!.next === null) return null
  return (
    <div ref={place} className={styles.more}>
      {pages.at(-1)!.next !== null && (
        <MoreLink href={href} isBusy={status === 'loading'} onPress={append}>
          {children}
        </MoreLink>
      )}
      <p role="status">
        {status === 'failed'
          ? 'They cannot be loaded right now. Try again in a moment.'
          : added && `${added.count} more, ${posts.length.toLocaleString('en')} here now`}
      </p>
    </div>
  )
}
