'use client'

import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from 'react'
import { useLikeHandler } from '@/app/hooks/useLikeHandler'
import type { Post } from '@/app/types'
import { HeartIcon } from './icons'
import styles from './LikeablePicture.module.css'

/** Two taps are one gesture within this time, milliseconds, and distance, CSS pixels. */
const TAPS_MS = 350
const TAPS_PX = 40

interface LikeablePictureProps {
  post: Post
  children: ReactNode
}

/**
 * A picture that two taps like. They never take a like back: who taps once more out of joy means it. Everything else
 * has the heart beside it.
 */
export function LikeablePicture({ post, children }: LikeablePictureProps) {
  const { liked, set } = useLikeHandler(post)
  const frame = useRef<HTMLDivElement>(null)
  const [burst, setBurst] = useState(0)

  const like = useEffectEvent(() => {
    setBurst(count => count + 1)
    if (!liked) set(true)
  })

  useEffect(() => {
    const element = frame.current!
    let last: MouseEvent | null = null
    const tap = (event: MouseEvent) => {
      if ((event.target as Element).closest('button, a')) return
      const isSecond =
        last !== null &&
        event.timeStamp - last.timeStamp < TAPS_MS &&
        Math.hypot(event.clientX - last.clientX, event.clientY - last.clientY) < TAPS_PX
      last = isSecond ? null : event
      if (isSecond) like()
    }
    element.addEventListener('click', tap)
    return () => element.removeEventListener('click', tap)
  }, [])

  return (
    <div ref={frame} className={styles.frame}>
      {children}
      {burst > 0 && <HeartIcon key={burst} className={styles.burst} onAnimationEnd={() => setBurst(0)} />}
    </div>
  )
}
