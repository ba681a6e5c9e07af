import type { ShownLikes } from './shown'

/** The likes in English words, as they follow others: `, 447 likes`; of a private kind none. */
export const likesInWords = ({ count, private: isPrivate }: ShownLikes): string =>
  isPrivate
    ? ''
    : count === null
      ? ', number unknown'
      : `, ${count.toLocaleString('en')} ${count === 1 ? 'like' : 'likes'}`

/** The name of a LikeButton, in English. */
export const likeLabel = (_: 'label', like: ShownLikes): string => `Like${likesInWords(like)}`
