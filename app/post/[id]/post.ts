import type { Metadata } from 'next'
import { isPostId } from 'onecount'
import type { PostContent } from '@/app/types'
import { getPost } from '@/app/utils/cached-posts'

/** The post of an address; null when it is malformed or there is no such post. Ids are UUIDs in lower case. */
export async function findPost(id: string): Promise<PostContent | null> {
  const postId = id.toLowerCase()
  return isPostId(postId) ? getPost(postId) : null
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
