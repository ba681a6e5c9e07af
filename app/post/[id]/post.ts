import type { Metadata } from 'next'
import { isPostId } from 'onecount'
import type { Post, PostContent } from '@/app/types'
import { getPost } from '@/app/utils/cached-posts'
import { getNewestOf } from '@/app/utils/cached-profiles'
import { mergePostsWithCounts } from '@/app/utils/posts-with-counts'
import { viewerSession } from '@/app/utils/viewer'

/** Other pictures of the same person beside a post. */
const MORE = 3

export interface FoundPost {
  content: PostContent
  more: PostContent[]
}

/**
 * The post of an address, and a few others of the same person; null when the id is malformed or there is no such post.
 * Ids are UUIDs in lower case. Cached content. @throws Error when it cannot be read
 */
export async function findPost(id: string): Promise<FoundPost | null> {
  const postId = id.toLowerCase()
  const content = isPostId(postId) ? await getPost(postId) : null
  if (!content) return null
  const newest = await getNewestOf(content.author.username)
  const more = newest.filter(post => post.id !== postId).slice(0, MORE)
  return { content, more }
}

/** The same as this request's session sees it now. */
export async function withLikes({ content, more }: FoundPost): Promise<{ post: Post; more: PostContent[] }> {
  const [post] = await mergePostsWithCounts([content], await viewerSession())
  return { post: post!, more }
}

export async function postMetadata(id: string): Promise<Metadata> {
  const found = await findPost(id)
  if (!found) return { title: 'Not here' }
  const { content } = found
  return {
    title: `${content.caption} · ${content.author.displayName}`,
    description: content.alt,
    alternates: { canonical: `/post/${content.id}` },
    openGraph: {
      siteName: 'huella',
      type: 'article',
      url: `/post/${content.id}`,
      publishedTime: content.createdAt,
    },
  }
}
