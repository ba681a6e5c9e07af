import type { Post, PostContent } from '@/app/types'
import { onecount } from '@/app/utils/onecount'
import { cacheContent, contentTags, noContentYet } from '@/app/utils/redis/cache'
import { viewerSession } from '@/app/utils/viewer'
import { behind, type FeedCursor, POST_COLUMNS, type PostRow, toPostContent } from './content-rows'
import { FEED_PAGE } from './feed-page'
import { mergePostsWithCounts } from './posts-with-counts'
import { contentClient, deadline } from './supabase'

/** Ids in one request: they are sent in its address. */
const IDS_MAX = 100

/**
 * `length` posts of the feed, newest first: the newest, or those before a post. Content alone, cached for 5 to 60 minutes.
 * @throws Error when Supabase does not answer; nothing is cached then
 */
export async function getPosts(before: FeedCursor | null, length: number): Promise<PostContent[]> {
  'use cache'
  cacheContent(contentTags.posts)
  let query = contentClient()
    .from('posts_new')
    .select(POST_COLUMNS)
    .abortSignal(deadline())
    .order('created_at', { ascending: false })
    .order('id', { ascending: false })
    .limit(length)
  if (before) query = behind(query, before)
  const { data } = await query.overrideTypes<PostRow[], { merge: false }>().throwOnError()
  return data.map(toPostContent)
}

/**
 * One post's content, cached; null when there is no such post, which is looked up again after a second. The engine
 * answers that for all processes together, so that a dead link that many open costs Postgres one question a second.
 * @throws Error as `getPosts`
 */
export async function getPost(postId: string): Promise<PostContent | null> {
  'use cache'
  cacheContent(contentTags.posts, contentTags.post(postId))
  if ((await onecount.engine().read([postId])).size === 0) {
    noContentYet()
    return null
  }
  const { data } = await contentClient()
    .from('posts_new')
    .select(POST_COLUMNS)
    .abortSignal(deadline())
    .eq('id', postId)
    .maybeSingle()
    .overrideTypes<PostRow, { merge: false }>()
    .throwOnError()
  if (!data) noContentYet()
  return data && toPostContent(data)
}

/**
 * Content of certain posts, in the order asked for; posts that are gone are left out. Cached by which posts they are,
 * not by their order: a ranking that changes its order finds the same content. @throws Error as `getPosts`
 */
export async function getPostsById(postIds: readonly string[]): Promise<PostContent[]> {
  const sorted = [...new Set(postIds)].sort()
  const pages: Promise<PostContent[]>[] = []
  for (let i = 0; i < sorted.length; i += IDS_MAX) pages.push(getPostSet(sorted.slice(i, i + IDS_MAX)))
  const found = new Map((await Promise.all(pages)).flat().map(post => [post.id, post]))
  return postIds.flatMap(id => found.get(id) ?? [])
}

async function getPostSet(sortedIds: string[]): Promise<PostContent[]> {
  'use cache'
  cacheContent(contentTags.posts)
  const { data } = await contentClient()
    .from('posts_new')
    .select(POST_COLUMNS)
    .abortSignal(deadline())
    .in('id', sortedIds)
    .overrideTypes<PostRow[], { merge: false }>()
    .throwOnError()
  return data.map(toPostContent)
}

/**
 * A page of the feed, and the first post of the next one, as this request's session sees them: cached content, counts of
 * this moment. `feedPage` takes them apart.
 * @throws Error as `getPosts`; counts that cannot be read are unknown
 */
export async function getPostsWithRedisLikes(before: FeedCursor | null = null): Promise<Post[]> {
  const [sessionId, posts] = await Promise.all([viewerSession(), getPosts(before, FEED_PAGE + 1)])
  return mergePostsWithCounts(posts, sessionId)
}
