'use client'

import Link from 'next/link'
import { useLikeCounts } from 'onecount/react/summary'
import { useId, useRef } from 'react'
import { fetchJson, usePages } from '@/app/hooks/usePages'
import type { Post } from '@/app/types'
import { RANK_LENGTH, type RankPage } from '@/app/utils/rank-page'
import { LikeControl } from './LikeControl'
import { MoreBelow } from './MoreBelow'
import { Picture } from './Picture'
import styles from './RankGrid.module.css'
import { rankOrder } from './rank-order'
import { useGlide } from './use-glide'
import { useHold } from './use-hold'

interface RankGridProps {
  /** Its counts are seeds, in the order of the moment when the page was made. */
  first: RankPage
  /** The place behind which the first page begins, as in its address; null: at the first place. */
  after: string | null
}

/**
 * The most liked posts, ordered by their likes as they are now. Nothing moves under a pointer or a keyboard's focus:
 * cards glide to their new places once it has left. Later pages are appended at the same address: each is of the posts
 * that are not here yet, so that one that moved meanwhile is here once.
 */
export function RankGrid({ first, after }: RankGridProps) {
  const grid = useRef<HTMLOListElement>(null)
  const list = usePages(first, pages => loadMore(pages, after))
  const { pages, posts, status } = list
  const { next, following } = pages.at(-1)!
  const counts = useLikeCounts(posts.map(({ id, likes }) => ({ id, count: likes })))
  const held = useHold(grid)
  const order = useGlide(grid, rankOrder(posts, counts), held)
  const byId = new Map(posts.map(post => [post.id, post]))

  /** What has risen into the pages before is not where a person reads on. */
  function goesOnAt({ posts: added }: RankPage): string | undefined {
    const least = pages.at(-1)!.posts.at(-1)?.likes ?? 0
    return added.find(({ likes }) => (likes ?? 0) <= least)?.id
  }

  return (
    <div className={styles.list}>
      <ol ref={grid} className={styles.grid} id="pictures" tabIndex={-1}>
        {order.map((id, index) => (
          <li key={id} data-glide={id}>
            <RankCard post={byId.get(id)!} place={first.before + index + 1} />
          </li>
        ))}
        {status === 'loading' && [...Array(following).keys()].map(n => <NextCard key={n} />)}
      </ol>
      {next === null && first.before + posts.length >= RANK_LENGTH && (
        <p className={styles.end}>Here the rank ends: with its first thousand pictures.</p>
      )}
      <MoreBelow list={list} href={`/rank?after=${next}`} goesOnAt={goesOnAt}>
        More
      </MoreBelow>
    </div>
  )
}

const loadMore = (pages: RankPage[], after: string | null): Promise<RankPage> =>
  fetchJson('/api/rank', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ after, shown: pages.flatMap(page => page.posts.map(post => post.id)) }),
  })

/** The place of a card that is on its way, so that what is below moves at the press and not when the answer comes. */
const NextCard = () => (
  <li aria-hidden="true" className={styles.card}>
    <i className={styles.next} />
    <div className={styles.facts} />
    <p className={styles.caption}>&nbsp;</p>
    <span className={styles.author}>&nbsp;</span>
  </li>
)

function RankCard({ post, place }: { post: Post; place: number }) {
  const captionId = useId()
  return (
    <article aria-labelledby={captionId} data-post-id={post.id} className={styles.card}>
      <Picture post={post} first={place === 1} eager={place <= 10} />
      <div className={styles.facts}>
        <span className={styles.place} data-podium={place <= 3 || undefined}>
          <span className="visually-hidden">Place </span>
          {place}
        </span>
        <LikeControl post={post} look="card" />
      </div>
      <h2 id={captionId} lang="es" className={styles.caption} title={post.caption}>
        {post.caption}
      </h2>
      <Link href={`/profile/${post.author.username}`} className={styles.author}>
        {post.author.displayName}
      </Link>
    </article>
  )
}
