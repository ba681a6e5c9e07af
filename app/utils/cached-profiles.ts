import type { Author, Post, PostContent } from '@/app/types'
import { onecount } from '@/app/utils/onecount'
import { cacheContent, contentTags } from '@/app/utils/redis/cache'
import {
  AUTHOR_COLUMNS,
  type AuthorRow,
  newestFirst,
  POST_COLUMNS,
  type PostRow,
  ROWS_MAX,
  readAll,
  toAuthor,
  toPostContent,
} from './content-rows'
import { mergePostsWithCounts } from './posts-with-counts'
import { contentClient, deadline } from './supabase'

export interface Profile {
  author: Author
  /** All of them, newest first. */
  posts: PostContent[]
}

/**
 * A person and what they posted: content alone, cached for 5 to 60 minutes; null when no person has that name.
 * @throws Error when Supabase does not answer; nothing is cached then
 */
export async function getProfile(username: string): Promise<Profile | null> {
  'use cache'
  cacheContent(contentTags.profiles, contentTags.profile(username))
  const { data: row } = await contentClient()
    .from('profiles')
    .select(`id, ${AUTHOR_COLUMNS}`)
    .abortSignal(deadline())
    .eq('username', username)
    .maybeSingle()
    .overrideTypes<AuthorRow & { id: string }, { merge: false }>()
    .throwOnError()
  if (!row) return null
  const rows = await readAll<PostRow>(after => postsOf(row.id, after))
  return { author: toAuthor(row), posts: rows.map(toPostContent).sort(newestFirst) }
}

/** Names as people have them in addresses: anything else is no name, and Supabase is not asked. */
const USERNAME = /^[a-z0-9][a-z0-9_.-]{1,63}$/

/** The profile of an address; null when the name is malformed or no person has it. @throws Error as `getProfile` */
export async function findProfile(username: string): Promise<Profile | null> {
  return USERNAME.test(username) ? getProfile(username) : null
}

async function postsOf(authorId: string, after: string | null): Promise<PostRow[]> {
  let query = contentClient()
    .from('posts_new')
    .select(POST_COLUMNS)
    .abortSignal(deadline())
    .eq('author_id', authorId)
    .order('id')
    .limit(ROWS_MAX)
  if (after) query = query.gt('id', after)
  const { data } = await query.overrideTypes<PostRow[], { merge: false }>().throwOnError()
  return data
}

/** A person's posts as this request's session sees them. @throws Error as `getProfile` */
export async function getProfileWithRedisLikes(
  username: string,
): Promise<{ author: Author; posts: Post[] } | null> {
  const [sessionId, profile] = await Promise.all([onecount.getSession(), getProfile(username)])
  if (!profile) return null
  return { author: profile.author, posts: await mergePostsWithCounts(profile.posts, sessionId) }
}

/** People on one page of them. */
const PEOPLE_PAGE = 24

export interface PeoplePage {
  people: Author[]
  /** Where the next page begins; null on the last one. */
  next: string | null
}

/**
 * A page of everybody, by user name, cached: the first, or those after a name. One read by index, however many there
 * are.
 * @throws Error as `getProfile`
 */
export async function getPeople(after: string | null, length = PEOPLE_PAGE): Promise<PeoplePage> {
  'use cache'
  cacheContent(contentTags.profiles)
  let query = contentClient()
    .from('profiles')
    .select(AUTHOR_COLUMNS)
    .abortSignal(deadline())
    .order('username')
    // One more than is shown says whether there is a next page.
    .limit(length + 1)
  if (after) query = query.gt('username', after)
  const { data } = await query.overrideTypes<AuthorRow[], { merge: false }>().throwOnError()
  const people = data.slice(0, length).map(toAuthor)
  return { people, next: data.length > length ? people.at(-1)!.username : null }
}

/** A place among the people as it stands in an address; null: the beginning. */
export const parseUsername = (text: string | string[] | undefined): string | null =>
  typeof text === 'string' && USERNAME.test(text) ? text : null
