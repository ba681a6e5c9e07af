import type { Metadata } from 'next'
import { isPostId } from 'onecount'
import type { Post, PostContent } from '@/app/types'
import { getPost, getPostWithRedisLikes } from '@/app/utils/cached-posts'
import { getProfile } from '@/app/utils/cached-profiles'

/** Other pictures of the same person beside a post. */
const MORE = 3

/** The post of an address; null when it is malformed or there is no such post. Ids are UUIDs in lower case. */
export async function findPost(id: string): Promise<PostContent | null> {
  const postId = id.toLowerCase()
  return isPostId(postId) ? getPost(postId) : null
}

/** What the view of one post shows; null when there is no such post. @throws Error when the content cannot be read */
export async function getPostPage(id: string): Promise<{ post: Post; more: PostContent[] } | null> {
  const content = await findPost(id)
  const post = content && (await getPostWithRedisLikes(content.id))
  if (!post) return null
  const profile = await getProfile(post.author.username)
  return { post, more: (profile?.posts ?? []).filter(other => other.id !== post.id).slice(0, MORE) }
}

export async function postMetadata(id: string): Promise<Metadata> {
  const post = await findPost(id)
  if (!post) return { title: 'Not here' }
  return {
    title: `${post.caption} · ${post.author.displayName}`,
    description: post.alt,
    alternates: { canonical: `/post/${post.id}` },
  }
}
