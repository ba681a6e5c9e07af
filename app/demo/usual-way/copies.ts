import { revalidateTag } from 'next/cache'
import { VIEWS, type View } from '@/app/demo/views'
import type { PostContent } from '@/app/types'
import { getPost } from '@/app/utils/cached-posts'
import { cacheContent, noContentYet } from '@/app/utils/redis/cache'
import { contentClient, deadline } from '@/app/utils/supabase'

/** A post cached together with its count. */
export type CountedPost = PostContent & { likes: number }

export type Copies = Record<View, CountedPost>

/** The table is not there: `supabase/demo.sql` was not applied. */
const NO_TABLE = ['PGRST205', '42P01']

const tagOf = (view: View) => `usual-way:${view}`

/** The post that the demo shows; null where `supabase/demo.sql` was not applied. @throws Error as `getPost` */
export async function findDemoPost(): Promise<PostContent | null> {
  const id = await findDemoPostId()
  return id === null ? null : getPost(id)
}

async function findDemoPostId(): Promise<string | null> {
  'use cache'
  cacheContent('usual-way')
  const { data, error } = await contentClient()
    .from('usual_way_posts')
    .select('id')
    .abortSignal(deadline())
    .limit(1)
    .overrideTypes<{ id: string }[], { merge: false }>()
  if (error && !NO_TABLE.includes(error.code)) throw error
  const id = data?.[0]?.id ?? null
  if (!id) noContentYet()
  return id
}

/**
 * What the four pages show of a post: each has a query of its own, cached with its count for as long as the application
 * caches content. Null when the post is gone. @throws Error when Postgres does not answer and nothing is cached
 */
export async function readCopies(postId: string): Promise<Copies | null> {
  const copies = await Promise.all(VIEWS.map(view => readCopy(view, postId)))
  if (copies.includes(null)) return null
  return Object.fromEntries(VIEWS.map((view, i) => [view, copies[i]])) as Copies
}

async function readCopy(view: View, postId: string): Promise<CountedPost | null> {
  'use cache'
  cacheContent(tagOf(view))
  const { data } = await contentClient()
    .from('usual_way_posts')
    .select('likes')
    .abortSignal(deadline())
    .eq('id', postId)
    .maybeSingle()
    .overrideTypes<{ likes: number }, { merge: false }>()
    .throwOnError()
  const content = await getPost(postId)
  return data && content && { ...content, likes: data.likes }
}

/**
 * Marks every copy as old, none forgotten, in the way that Next advises: the next reader still gets the old one, and a
 * new one is made behind that answer. Returns before any of it has happened.
 */
export function invalidateCopies(): void {
  for (const view of VIEWS) revalidateTag(tagOf(view), 'max')
}
