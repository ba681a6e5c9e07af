export { useLikeCounts } from './like-counts'
export { useLikesStatus } from './likes-status'
