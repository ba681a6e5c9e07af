'use client'

import { useEffect, useEffectEvent, useState } from 'react'
import { Count } from '@/app/components/Count'
import { HeartIcon } from '@/app/components/icons'
import look from '@/app/components/LikeControl.module.css'
import { LikeNotice } from '@/app/components/LikeNotice'
import type { HeartProps } from './HeartProps'
import type { CountedPost } from './usual-way/copies'

interface UsualHeartProps extends HeartProps {
  post: CountedPost
  liked: boolean
  /** Called with the number of likes in Postgres when Postgres has saved one. */
  onSaved(likes: number): void
}

/**
 * A heart the usual way: it begins with what the page's cache said, changes its own number at once, and takes that back
 * when the like could not be saved. No other view hears of it.
 */
export function UsualHeart({ post, liked, look: form, onShown, onSaved }: UsualHeartProps) {
  const [shown, setShown] = useState({ count: post.likes, liked })
  const [springs, setSprings] = useState(false)
  const [failure, setFailure] = useState('')
  const tell = useEffectEvent(onShown)
  useEffect(() => tell(shown.count), [shown.count])

  async function press() {
    const before = shown
    const next = !before.liked
    setFailure('')
    setSprings(next)
    setShown({ liked: next, count: before.count + (next ? 1 : -1) })
    const answer = await save(post.id, next)
    if (typeof answer === 'number') return onSaved(answer)
    setFailure(answer)
    setShown(before)
  }

  return (
    <div className={look.control} data-look={form}>
      <button
        type="button"
        aria-pressed={shown.liked}
        aria-label={`Like ${post.caption}`}
        className={look.heart}
        data-springs={springs || undefined}
        onClick={press}
      >
        <HeartIcon onAnimationEnd={() => setSprings(false)} />
      </button>
      <Count value={shown.count} />
      <LikeNotice
        like={{
          status: 'exact',
          error: failure ? { code: 'not_saved', message: failure } : undefined,
          retry() {},
          dismiss: () => setFailure(''),
        }}
        className={look.notice}
      />
    </div>
  )
}

/** The likes that Postgres has now, or why it did not save this one. */
async function save(postId: string, liked: boolean): Promise<number | string> {
  try {
    const response = await fetch('/api/demo/usual-way', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ postId, liked }),
    })
    const { likes, message } = (await response.json()) as { likes?: number; message?: string }
    return likes ?? message ?? 'Not saved.'
  } catch {
    return 'Not saved: no answer.'
  }
}
