import type { Author, PostContent } from '@/app/types'

/** Every column by name, and never the likes: what is cached has no count in it. */
export const AUTHOR_COLUMNS = 'username, display_name, bio, avatar_url'
export const POST_COLUMNS = `id, caption, alt, image_url, created_at, author:profiles!inner (${AUTHOR_COLUMNS})`

export interface AuthorRow {
  username: string
  display_name: string
  bio: string
  avatar_url: string
}

export interface PostRow {
  id: string
  caption: string
  alt: string
  image_url: string
  created_at: string
  author: AuthorRow
}

/**
 * A time in the form of addresses and of HTML. PostgREST writes it so already, others as Postgres prints it:
 * `2026-10-11 07:20:00.123456+00`. To the microsecond, as pages of the feed begin where the one before has ended.
 */
export const toMoment = (text: string): string => text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')

export const toAuthor = (row: AuthorRow): Author => ({
  username: row.username,
  displayName: row.display_name,
  bio: row.bio,
  avatarUrl: row.avatar_url,
})

export const toPostContent = (row: PostRow): PostContent => ({
  id: row.id,
  caption: row.caption,
  alt: row.alt,
  imageUrl: row.image_url,
  createdAt: toMoment(row.created_at),
  author: toAuthor(row.author),
})

/** A place in a list that is newest first: posts of one moment are in the order of their ids, the greater first. */
export interface FeedCursor {
  createdAt: string
  id: string
}

interface Filterable<Query> {
  lte(column: string, value: string): Query
  or(filters: string): Query
}

/**
 * Keeps the posts that come after a place. The first condition is the one that an index finds: with an `or` alone
 * Postgres reads every post before the place too.
 */
export const behind = <Query extends Filterable<Query>>(query: Query, { createdAt, id }: FeedCursor): Query =>
  query.lte('created_at', createdAt).or(`created_at.lt."${createdAt}",id.lt.${id}`)
