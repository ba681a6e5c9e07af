/**
 * The client for React: provider, hooks and button. What it does with answers: docs/client.md.
 * @module
 */

export { createHttpTransport, type HttpTransportOptions, type RequestExtra } from './http-transport'
export { LikeButton, type LikeButtonProps } from './like-button'
export { type LikeText, likeText } from './like-text'
export { LikesClock, type LikesClockProps } from './likes-clock'
export { LikesSeed, type LikesSeedProps, type LikesSeeds } from './likes-seed'
export type { Intent, Refusal } from './outbox'
export type { PostLikes } from './post'
export { LikesProvider, type LikesProviderProps, useLikesStore } from './provider'
export { type LikeInput, type LikesEntry, likesKey, mergeLikes, REGISTER_TTL_MS } from './registers'
export {
  isUnreachable,
  type LikesStatus,
  type QueryOutcome,
  type ShownLikes,
  type ShownOptions,
  shownLikes,
} from './shown'
export { LikesStore } from './store'
export {
  LikesRefused,
  type LikesTransport,
  LikesUnreachable,
  type TransportWriteOptions,
  type UnreachableOptions,
} from './transport'
export { type LikeButtonAttributes, type LikeButtonView, useLikeButton } from './use-like-button'
export { type LikesOptions, type LikesView, type UseLikesOptions, useLikes } from './use-likes'
