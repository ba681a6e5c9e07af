/**
 * Hooks about many posts: sums, what is not saved yet, what the counts are worth.
 * @module
 */

export { useKeptLikes } from './kept-likes'
export type { KindOptions } from './kind'
export { type CountedPost, useLikeCounts } from './like-counts'
export { useLikesStatus } from './likes-status'
