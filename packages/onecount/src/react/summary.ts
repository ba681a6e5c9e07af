export { useKeptLikes } from './kept-likes'
export { useLikeCounts } from './like-counts'
export { useLikesStatus } from './likes-status'
