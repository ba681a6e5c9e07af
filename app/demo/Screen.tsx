import type { ReactNode } from 'react'
import { Avatar } from '@/app/components/AuthorLine'
import type { PostContent } from '@/app/types'
import styles from './Screen.module.css'
import type { View } from './views'

interface ScreenProps {
  view: View
  content: PostContent
  /** Of the rank. */
  place: number | null
  /** Heart and count. */
  heart: ReactNode
}

/** A post as one of the pages shows it, small: what is around the heart is the same on both sides. */
export function Screen({ view, content, place, heart }: ScreenProps) {
  return (
    <div className={styles.screen} data-view={view}>
      {(view === 'feed' || view === 'profile') && (
        <div className={styles.author}>
          <Avatar author={content.author} size={view === 'profile' ? 40 : 24} />
          <span className={styles.name}>{content.author.displayName}</span>
        </div>
      )}
      {/* The text above the frames says what it shows: eight times would be too often. */}
      {/* biome-ignore lint/performance/noImgElement: drawings of a few kilobytes, nothing to optimise */}
      <img src={content.imageUrl} alt="" width={800} height={1000} className={styles.picture} />
      {view === 'post' && (
        <p lang="es" className={styles.title}>
          {content.caption}
        </p>
      )}
      <div className={styles.like}>
        {view === 'rank' && place && (
          <span className={styles.place}>
            <span className="visually-hidden">Place </span>
            {place}
          </span>
        )}
        {heart}
      </div>
      {(view === 'feed' || view === 'rank') && (
        <p lang="es" className={styles.caption}>
          {content.caption}
        </p>
      )}
    </div>
  )
}
