'use client'

import { useRouter } from 'next/navigation'
import type { SupabaseAccess } from 'onecount/react/supabase'
import { useRef, useState, useTransition } from 'react'
import type { Post } from '@/app/types'
import styles from './Comparison.module.css'
import { FollowLike } from './follow/FollowLike'
import { OnecountHeart } from './OnecountHeart'
import { Section } from './Section'
import { Side } from './Side'
import { UsualHeart } from './UsualHeart'
import type { Copies } from './usual-way/copies'
import { VIEWS, type View } from './views'

interface ComparisonProps {
  /** The usual way: what the cache of each page has, and whether this session likes the post. */
  copies: Copies
  liked: boolean
  /** onecount: cached content with the count of this moment. */
  post: Post
  place: number | null
  /** Another one each time that the server renders the page: the views are mounted anew, as after a navigation. */
  opened: number
  access: SupabaseAccess | null
  hasRedis: boolean
}

/** Both sides, and the way of one like. */
export function Comparison({ copies, liked, post, place, opened, access, hasRedis }: ComparisonProps) {
  const router = useRouter()
  const [isReopening, startReopening] = useTransition()
  const onecount = useRef<HTMLElement>(null)
  const [saved, setSaved] = useState<number>()
  const reopening = {
    isReopening,
    reopen: () => {
      if (!isReopening) startReopening(() => router.refresh())
    },
  }
  return (
    <>
      <div className={styles.sides} id="pictures" tabIndex={-1}>
        <Side
          title="The usual way"
          lead="Each page is cached with its count. The heart knows its own number."
          why={
            'A like changes the heart that was pressed and marks the cached pages as old; the next visitor who opens ' +
            'one still gets the old number, while a new one is made behind it.'
          }
          content={copies.feed}
          place={place}
          counts={countsOf(view => copies[view].likes)}
          inPostgres={saved}
          heart={(view, props) => (
            <UsualHeart key={opened} {...props} post={copies[view]} liked={liked} onSaved={setSaved} />
          )}
          {...reopening}
        />
        <Side
          ref={onecount}
          title="onecount"
          lead="Pages are cached without a count. Hearts share one number."
          why={
            'A like is one step in Redis, every page reads its number from there, and the views of a browser share ' +
            'one entry of it: there is no copy that could be old.'
          }
          content={post}
          place={place}
          counts={countsOf(() => post.likes)}
          heart={(_, props) => <OnecountHeart key={opened} {...props} post={post} />}
          {...reopening}
        />
      </div>
      <Section
        id="follow"
        title="Follow one like"
        text="Press a heart on the side of onecount. This browser measures when the like arrives where, from the press on."
      >
        <FollowLike side={onecount} post={post} access={access} hasRedis={hasRedis} />
      </Section>
    </>
  )
}

const countsOf = (count: (view: View) => number | null) =>
  Object.fromEntries(VIEWS.map(view => [view, count(view)])) as Record<View, number | null>
