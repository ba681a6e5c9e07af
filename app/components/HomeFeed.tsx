'use client'

import { useEffect, useEffectEvent, useId, useRef } from 'react'
import { fetchJson, usePages } from '@/app/hooks/usePages'
import type { Post, PostsPage } from '@/app/types'
import { AuthorLine } from './AuthorLine'
import styles from './HomeFeed.module.css'
import { LikeControl } from './LikeControl'
import { MoreBelow } from './MoreBelow'
import { Picture } from './Picture'

/** Older pictures are loaded when the end of the feed comes this near. */
const NEAR = '1200px'

/**
 * The feed, newest first; older pictures are appended at the same address. The counts in `first` are seeds: what is shown
 * is each post's own entry.
 */
export function HomeFeed({ first }: { first: PostsPage }) {
  const feed = usePages(first, loadOlder)
  const { pages, posts, status, more } = feed
  const { next } = pages.at(-1)!
  const list = useRef<HTMLDivElement>(null)
  const near = useEffectEvent(() => {
    if (status === 'idle') void more()
  })

  useEffect(() => {
    // A busy page hears of several changes at once: the last one is how it is now.
    const observer = new IntersectionObserver(entries => entries.at(-1)?.isIntersecting && near(), {
      rootMargin: NEAR,
    })
    const end = list.current?.lastElementChild
    if (next !== null && end) observer.observe(end)
    return () => observer.disconnect()
  }, [next])

  return (
    <div ref={list} className={styles.feed}>
      {posts.map((post, index) => (
        <FeedPost key={post.id} post={post} index={index} />
      ))}
      <MoreBelow list={feed} href={`/?before=${next}`}>
        Older pictures
      </MoreBelow>
    </div>
  )
}

const loadOlder = (pages: PostsPage[]): Promise<PostsPage> =>
  fetchJson(`/api/posts?before=${pages.at(-1)!.next}`)

function FeedPost({ post, index }: { post: Post; index: number }) {
  const captionId = useId()
  return (
    <article aria-labelledby={captionId} data-post-id={post.id} className={styles.post}>
      <div className={styles.author}>
        <AuthorLine author={post.author} createdAt={post.createdAt} />
      </div>
      <Picture post={post} first={index === 0} eager={index < 2} />
      <div className={styles.below}>
        <LikeControl post={post} />
        <h2 id={captionId} lang="es" className={styles.caption}>
          {post.caption}
        </h2>
      </div>
    </article>
  )
}
