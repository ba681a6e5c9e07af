import type { ShownLikes } from './shown'

/** What a LikeButton says: its name, and what became of a press. */
export type LikeText = 'label' | 'pressed' | 'retrying' | 'saved' | 'refused'

/** What a LikeButton says, in English; give it a function like this one for another language. */
export function likeText(about: LikeText, { count, liked, error, private: isPrivate }: ShownLikes): string {
  const likes = isPrivate
    ? ''
    : count === null
      ? ', number unknown'
      : `, ${count.toLocaleString('en')} ${count === 1 ? 'like' : 'likes'}`
  if (about === 'label') return `Like${likes}`
  if (about === 'pressed') return `${liked ? 'Liked' : 'Like removed'}${likes}`
  if (about === 'saved') return `Saved${likes}`
  return about === 'retrying' ? 'Not saved yet, retrying' : (error?.message ?? '')
}
