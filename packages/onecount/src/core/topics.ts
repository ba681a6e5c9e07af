/** The kind whose name no topic has. */
const DEFAULT_NAME = 'like'

/**
 * Topics that the likes of a kind are broadcast on. A page that shows thirty posts joins about fourteen of them, one
 * that shows hundreds joins all, and each brings a sixteenth of what is broadcast.
 */
export const TOPICS = 16

/** The event of a broadcast. */
export const LIKES_EVENT = 'likes'

/** A post as a broadcast tells it: its id, its likes and its revision (microseconds). */
export type ToldLikes = [postId: string, count: number, rev: number]

/** What a broadcast carries: absolute numbers, so it may be late, doubled or lost. */
export interface LikesMessage {
  /** Posts of one topic. */
  likes: ToldLikes[]
}

/**
 * The topic of a post, the same on the server and in browsers: `likes:<n>`, and `likes:<kind>:<n>` of another kind than
 * `like`; n is FNV-1a of the id (32 bits, by UTF-16 code units) modulo `TOPICS`.
 * @example
 * topicOf('like', '50050001-aaaa-bbbb-cccc-ddddeeee0001') // 'likes:7'
 */
export function topicOf(kind: string, postId: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < postId.length; i++) hash = Math.imul(hash ^ postId.charCodeAt(i), 0x01000193)
  return `likes:${kind === DEFAULT_NAME ? '' : `${kind}:`}${(hash >>> 0) % TOPICS}`
}
