import { likeLabel, likesInWords } from './like-label'
import type { ShownLikes } from './shown'

/** What a LikeButton says: its name, and what became of a press. */
export type LikeText = 'label' | 'pressed' | 'retrying' | 'saved' | 'refused'

/**
 * What a LikeButton says, in English; give it a function like this one for another language.
 * @example
 * <LikeButton postId={post.id} text={(about, like) => spanish[about] ?? likeText(about, like)} />
 */
export function likeText(about: LikeText, like: ShownLikes): string {
  const likes = likesInWords(like)
  if (about === 'label') return likeLabel(about, like)
  if (about === 'pressed') return `${like.liked ? 'Liked' : 'Like removed'}${likes}`
  if (about === 'saved') return `Saved${likes}`
  return about === 'retrying' ? 'Not saved yet, retrying' : (like.error?.message ?? '')
}
