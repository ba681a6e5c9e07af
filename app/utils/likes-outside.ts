import type { PostContent } from '@/app/types'
import { contentClient, deadline } from './supabase'

/** Pictures, and the likes of all of them together. */
export interface Sum {
  pictures: number
  likes: number
}

/** A person's pictures that are not on a page: those before its first, and those after its last one. */
export interface Outside {
  newer: Sum
  older: Sum
}

const NONE: Sum = { pictures: 0, likes: 0 }
export const NOTHING_OUTSIDE: Outside = { newer: NONE, older: NONE }

/** A sum is given to other requests for this many times as long as Postgres took for it: 3 ms, then 60 ms. */
const FRESH_TIMES = 20
/** Pages of which the sum is kept. */
const KEPT = 200

const kept = new Map<string, { answer: Promise<Outside>; until: number }>()

/**
 * What a person's pictures outside of a page add up to, as Postgres has them now; null: not known. Postgres reads every
 * row of the person by index for it, so requests share an answer: it is busy with one page for a twentieth of the time
 * at most. Never throws.
 * @param posts those of the page, newest first, one at least
 */
export async function readOutside(
  authorId: string,
  posts: readonly Pick<PostContent, 'id' | 'createdAt'>[],
): Promise<Outside | null> {
  const key = [authorId, posts[0]!.id, posts.at(-1)!.id].join()
  try {
    const known = kept.get(key)
    if (known && performance.now() < known.until) return await known.answer
    return await ask(key, authorId, posts)
  } catch (error) {
    console.error(`[huella] likes of a profile: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

async function ask(
  key: string,
  authorId: string,
  posts: readonly Pick<PostContent, 'id' | 'createdAt'>[],
): Promise<Outside> {
  const began = performance.now()
  const entry = { answer: sumOutside(authorId, posts), until: Number.POSITIVE_INFINITY }
  kept.delete(key)
  if (kept.size >= KEPT) kept.delete(kept.keys().next().value!)
  kept.set(key, entry)
  try {
    const answer = await entry.answer
    const ended = performance.now()
    entry.until = ended + FRESH_TIMES * (ended - began)
    return answer
  } catch (error) {
    if (kept.get(key) === entry) kept.delete(key)
    throw error
  }
}

async function sumOutside(
  authorId: string,
  posts: readonly Pick<PostContent, 'id' | 'createdAt'>[],
): Promise<Outside> {
  const [first, last] = [posts[0]!, posts.at(-1)!]
  const { data } = await contentClient()
    .rpc('pictures_outside', {
      p_author: authorId,
      p_first_at: first.createdAt,
      p_first: first.id,
      p_last_at: last.createdAt,
      p_last: last.id,
    })
    .abortSignal(deadline())
    .single<Record<`${keyof Outside}_${keyof Sum}`, number | string>>()
    .throwOnError()
  return {
    newer: { pictures: Number(data.newer_pictures), likes: Number(data.newer_likes) },
    older: { pictures: Number(data.older_pictures), likes: Number(data.older_likes) },
  }
}
