'use client'

import { useLikeCounts } from 'onecount/react/summary'
import type { ReactNode } from 'react'
import { formatCount, SHORTENED_FROM } from '@/app/components/format'
import { MoreBelow } from '@/app/components/MoreBelow'
import { PictureWall } from '@/app/components/PictureWall'
import { fetchJson, usePages } from '@/app/hooks/usePages'
import type { Post } from '@/app/types'
import type { ProfilePage } from '@/app/utils/cached-profiles'
import styles from './ProfileWall.module.css'
import { totalsOf } from './totals'

interface ProfileWallProps {
  first: ProfilePage
  /** The person, above the totals. */
  children: ReactNode
}

/** A person's pictures, newest first, and what all of them add up to; older ones are appended at the same address. */
export function ProfileWall({ first, children }: ProfileWallProps) {
  const list = usePages(first, loadOlder)
  const { pages, posts, status } = list
  const { next, following, author } = pages.at(-1)!
  return (
    <>
      <header className={styles.head}>
        {children}
        <dl className={styles.totals}>
          <Totals pages={pages} posts={posts} />
        </dl>
      </header>
      {posts.length > 0 && (
        <div className={styles.list}>
          <PictureWall
            pages={pages.map(page => page.posts)}
            expected={status === 'loading' ? following : 0}
          />
          <MoreBelow list={list} href={`/profile/${author.username}?before=${next}`}>
            Older pictures
          </MoreBelow>
        </div>
      )}
    </>
  )
}

const loadOlder = (pages: ProfilePage[]): Promise<ProfilePage> =>
  fetchJson(`/api/profile/${pages[0]!.author.username}?before=${pages.at(-1)!.next}`)

function Totals({ pages, posts }: { pages: ProfilePage[]; posts: Post[] }) {
  const counts = useLikeCounts(posts.map(({ id, likes }) => ({ id, count: likes })))
  const { pictures, likes, others } = totalsOf(pages, [...counts.values()])
  return (
    <>
      <Total label={pictures === 1 ? 'picture' : 'pictures'}>
        <span title={titleOf(pictures)}>{formatCount(pictures)}</span>
      </Total>
      <Total label={likes === 1 ? 'like' : 'likes'}>
        <span
          data-total-likes
          title={[titleOf(likes), others > 0 && SINCE_LOADED].filter(Boolean).join('. ') || undefined}
        >
          {formatCount(likes)}
        </span>
        {others > 0 && <span className="visually-hidden">. {SINCE_LOADED}</span>}
      </Total>
    </>
  )
}

const SINCE_LOADED = 'Likes of pictures that are not here yet are as they were when the page was loaded'

/** What a total says beside its figure. */
function titleOf(total: number | null): string | undefined {
  if (total === null) return 'Not known right now'
  return total < SHORTENED_FROM ? undefined : total.toLocaleString('en')
}

function Total({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={styles.total}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}
