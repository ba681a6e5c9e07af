'use client'

import { useId } from 'react'
import type { Post } from '@/app/types'
import { LikeControl } from './LikeControl'
import { largeTiles } from './large-tiles'
import { Picture } from './Picture'
import styles from './PictureWall.module.css'

interface PictureWallProps {
  /** Each fills whole rows: what is appended leaves the tiles before it as they are. */
  pages: Post[][]
  /** Tiles that are on their way. */
  expected?: number
}

/** Pictures edge to edge, each with its heart over it. */
export function PictureWall({ pages, expected = 0 }: PictureWallProps) {
  return (
    <div className={styles.wall} id="pictures" tabIndex={-1}>
      {pages.map((posts, page) =>
        posts.map((post, index) => (
          <Tile
            key={post.id}
            post={post}
            isFirst={page === 0 && index === 0}
            eager={page === 0 && index < 8}
            large={largeAt(index, posts.length)}
          />
        )),
      )}
      {[...Array(expected).keys()].map(n => (
        <i key={n} aria-hidden="true" data-large={largeAt(n, expected)} className={styles.next} />
      ))}
    </div>
  )
}

/** On which screens a tile of a page is large. */
function largeAt(index: number, tiles: number): string | undefined {
  const screens = [index < largeTiles(tiles, 2) && 'phone', index < largeTiles(tiles, 4) && 'desktop']
  return screens.filter(Boolean).join(' ') || undefined
}

interface TileProps {
  post: Post
  isFirst: boolean
  eager: boolean
  large: string | undefined
}

function Tile({ post, isFirst, eager, large }: TileProps) {
  const captionId = useId()
  return (
    <article aria-labelledby={captionId} data-post-id={post.id} data-large={large} className={styles.tile}>
      <Picture post={post} first={isFirst} eager={eager} />
      <div className={styles.over}>
        <LikeControl post={post} look="over" />
      </div>
      <h2 id={captionId} lang="es" className="visually-hidden">
        {post.caption}
      </h2>
    </article>
  )
}
