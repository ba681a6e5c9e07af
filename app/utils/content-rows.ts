import type { Author, PostContent } from '@/app/types'

/** Every column by name, and never the likes: what is cached has no count in it. */
export const AUTHOR_COLUMNS = 'username, display_name, bio, avatar_url'
export const POST_COLUMNS = `id, caption, alt, image_url, created_at, author:profiles!inner (${AUTHOR_COLUMNS})`

/** PostgREST cuts an answer at 1,000 rows without saying so: nothing asks for more than this at once. */
export const ROWS_MAX = 1000

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

/** Newest first; posts of one moment by id, so that the order is the same everywhere. */
export function newestFirst(a: PostContent, b: PostContent): number {
  return Date.parse(b.createdAt) - Date.parse(a.createdAt) || (a.id < b.id ? 1 : -1)
}

/**
 * Reads a table to its end in keyset pages. The end is an empty page: a short one may only mean that this project's
 * limit is lower still.
 * @param page rows after the given key, in the key's order; one round trip each
 */
export async function readAll<Row extends { id: string }>(
  page: (after: string | null) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = []
  for (;;) {
    const more = await page(rows.at(-1)?.id ?? null)
    rows.push(...more)
    if (more.length === 0) return rows
  }
}
