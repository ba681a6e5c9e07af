/**
 * The client for pages without a framework, and for authors of bindings.
 * @module
 */

export { hint } from '../react/hint'
export { createHttpTransport, type HttpTransportOptions, type RequestExtra } from '../react/http-transport'
export { type LikeText, likeText } from '../react/like-text'
export type { Intent, Refusal } from '../react/outbox'
export type { PostLikes } from '../react/post'
export type { LikeInput, LikesEntry } from '../react/registers'
export type { LikesStatus, ShownLikes } from '../react/shown'
export { LikesStore } from '../react/store'
export {
  LikesRefused,
  type LikesTransport,
  LikesUnreachable,
  type TransportWriteOptions,
  type UnreachableOptions,
} from '../react/transport'
export { createLikes, type Likes, type LikesOptions } from './create-likes'
export type { LikesObserver, ObservedLikes, ObserverOptions } from './observe-likes'
