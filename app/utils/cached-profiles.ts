import type { Author, PostContent, PostsPage } from '@/app/types'
import { cacheContent, contentTags } from '@/app/utils/redis/cache'
import { viewerSession } from '@/app/utils/viewer'
import {
  AUTHOR_COLUMNS,
  type AuthorRow,
  behind,
  type FeedCursor,
  POST_COLUMNS,
  type PostRow,
  toAuthor,
  toPostContent,
} from './content-rows'
import { feedPage } from './feed-page'
import { NOTHING_OUTSIDE, type Outside, readOutside } from './likes-outside'
import { mergePostsWithCounts } from './posts-with-counts'
import { contentClient, deadline } from './supabase'

/** Pictures on one page of a profile. */
export const PROFILE_PAGE = 60

export interface Profile {
  id: string
  author: Author
}

/**
 * A person: content alone, cached for 5 to 60 minutes; null when no person has that name.
 * @throws Error when Supabase does not answer; nothing is cached then
 */
async function getProfile(username: string): Promise<Profile | null> {
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
  return row && { id: row.id, author: toAuthor(row) }
}

/** Names as people have them in addresses: anything else is no name, and Supabase is not asked. */
const USERNAME = /^[a-z0-9][a-z0-9_.-]{1,63}$/

/** The profile of an address; null when the name is malformed or no person has it. @throws Error as `getProfile` */
export async function findProfile(username: string): Promise<Profile | null> {
  return USERNAME.test(username) ? getProfile(username) : null
}

/**
 * A page of what a person posted and the first post of the next one, newest first: the newest, or those after a place.
 * Content alone, cached; one read by index, however many there are. @throws Error as `getProfile`
 */
async function getPostsOf({ id, author }: Profile, before: FeedCursor | null): Promise<PostContent[]> {
  'use cache'
  cacheContent(contentTags.posts, contentTags.profile(author.username))
  let query = contentClient()
    .from('posts_new')
    .select(POST_COLUMNS)
    .abortSignal(deadline())
    .eq('author_id', id)
    .order('created_at', { ascending: false })
    .order('id', { ascending: false })
    .limit(PROFILE_PAGE + 1)
  if (before) query = behind(query, before)
  const { data } = await query.overrideTypes<PostRow[], { merge: false }>().throwOnError()
  return data.map(toPostContent)
}

/** A person's newest posts, a page of them at most. @throws Error as `getProfile` */
export async function getNewestOf(username: string): Promise<PostContent[]> {
  const profile = await findProfile(username)
  return profile ? getPostsOf(profile, null) : []
}

export interface ProfilePage extends PostsPage {
  author: Author
  /** Pictures on the next page. */
  following: number
  /** What the person's other pictures add up to; null: not known right now. */
  outside: Outside | null
}

/**
 * A page of a person's posts as this request's session sees them, the first or that after a place; a place after which
 * there is nothing is the beginning. Null when no person has that name. @throws Error as `getProfile`
 */
export async function getProfileWithRedisLikes(
  username: string,
  before: FeedCursor | null = null,
): Promise<ProfilePage | null> {
  const [sessionId, profile] = await Promise.all([viewerSession(), findProfile(username)])
  if (!profile) return null
  const content = await getPostsOf(profile, before)
  if (before && content.length === 0) return getProfileWithRedisLikes(username)
  const shown = content.slice(0, PROFILE_PAGE)
  const isAll = !before && shown.length === content.length
  const [posts, outside] = await Promise.all([
    mergePostsWithCounts(content, sessionId),
    isAll ? NOTHING_OUTSIDE : readOutside(profile.id, shown),
  ])
  const page = feedPage(posts, PROFILE_PAGE)
  const older = page.next === null ? 0 : (outside?.older.pictures ?? PROFILE_PAGE)
  return { author: profile.author, ...page, following: Math.min(PROFILE_PAGE, older), outside }
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
