import type { ShownLikes } from './shown'

/** The likes in English words: `447 likes`. */
export const likesInWords = ({ count }: ShownLikes): string =>
  count === null ? 'number unknown' : `${count.toLocaleString('en')} ${count === 1 ? 'like' : 'likes'}`

/** The name of a LikeButton, in English. */
export const likeLabel = (_: 'label', like: ShownLikes): string => `Like, ${likesInWords(like)}`
