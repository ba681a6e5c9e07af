import type { Source } from 'onecount'

export interface Author {
  username: string
  displayName: string
  bio: string
  avatarUrl: string
}

/** What is cached: never a count. */
export interface PostContent {
  id: string
  caption: string
  /** Describes the picture for people who do not see it. */
  alt: string
  imageUrl: string
  createdAt: string
  author: Author
}

/** Some posts of a list, and where it goes on; `next` is null at its end. */
export interface PostsPage {
  posts: Post[]
  next: string | null
}

/** Content merged with the counts of this moment, for one session. */
export interface Post extends PostContent {
  /** `null` is unknown: shown as a dash, never as 0. */
  likes: number | null
  liked: boolean | null
  likesRev: number
  likesOp: number | null
  /** Absent: no Redis is configured, and what Postgres says is exact. */
  likesSource?: Source
  /** Names whose heart it is; absent where no hearts are shown. */
  likesSession?: string
}
