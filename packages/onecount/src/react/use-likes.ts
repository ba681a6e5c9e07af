'use client'

import { type UseQueryOptions, useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useLayoutEffect, useReducer, useRef, useSyncExternalStore } from 'react'
import { DEFAULT_KIND } from './kind'
import { useSeedOf } from './likes-seed'
import type { Intent } from './outbox'
import type { PostLikes, View } from './post'
import { useLikesStore } from './provider'
import { EMPTY_ENTRY, type LikeInput, type LikesEntry } from './registers'
import { isUnreachable, type ShownLikes, shownLikes } from './shown'
import type { LikesStore } from './store'
import { LikesRefused } from './transport'

/** What `useLikes` answers: what is shown, and what a person can do. */
export interface LikesView extends ShownLikes {
  /**
   * The person likes the post, or takes the like back.
   * @example
   * <button onClick={like.toggle}>{like.liked ? '♥' : '♡'}</button>
   */
  toggle(): void
  /**
   * The person likes the post or not, whatever it was.
   * @example
   * <img src={post.image} alt={post.caption} onDoubleClick={() => like.set(true)} />
   */
  set(liked: boolean): void
  /**
   * Sends an unsaved press again now.
   * @example
   * return like.status === 'retrying' ? <button onClick={like.retry}>Try again</button> : null
   */
  retry(): void
  /**
   * Puts the message about a refused press away.
   * @example
   * return like.error ? <button onClick={like.dismiss}>{like.error.message}</button> : null
   */
  dismiss(): void
  /**
   * A ref for the element that shows the likes: while it is scrolled away the post is not read again.
   * @example
   * <article ref={like.watch}>{like.count ?? '–'}</article>
   */
  watch(element: Element | null): void
}

/** What `useLikes` takes beside the post. */
export interface UseLikesOptions {
  /**
   * Which likes of the post: those of the `LikesProvider` of this kind.
   * @default 'like'
   */
  kind?: string
  /**
   * What the server rendered; it may be old, its revision says so.
   * @default that of the nearest `LikesSeed`
   */
  seed?: LikeInput
}

/**
 * What `useLikes` takes, under the name of 0.1.
 * @deprecated since 0.2: {@link UseLikesOptions}
 */
export type LikesOptions = UseLikesOptions

/** What a read of the query answers: the registers hold it already. */
const MERGED: LikesEntry = { ...EMPTY_ENTRY }

/**
 * The likes of one post, the same in every view. Reads again when the view appears, on focus, on reconnect and while it
 * stays, with all other posts on screen.
 *
 * @param given what the server rendered, or `{ kind, seed }`
 * @throws Error without a `LikesProvider` of the kind
 * @example
 * const { count, liked, toggle } = useLikes(post.id, post.likes)
 * @example
 * const bookmark = useLikes(article.id, { kind: 'bookmark' })
 */
export function useLikes(postId: string, given: LikeInput | UseLikesOptions = {}): LikesView {
  const { kind = DEFAULT_KIND, seed: own }: UseLikesOptions = 'rev' in given ? { seed: given } : given
  const store = useLikesStore(kind)
  const post = store.post(postId)
  const seeded = useSeedOf(postId, kind)
  const seed = own ?? seeded
  useSeed(post, seed)
  const { data, error: failed } = useQuery(likesOptions(post, seed), store.queryClient)
  const intent = useSyncExternalStore(post.subscribe, post.intent, nothing)
  const error = useSyncExternalStore(post.subscribe, post.refusal, nothing)
  // A part of the page that is hydrated late begins as the server has rendered it, as React patches no attributes.
  const entry = useSyncExternalStore(
    never,
    () => data,
    () => post.rendered(seed),
  )
  const unreachable = useSyncExternalStore(
    never,
    () => isUnreachable({ error: failed }),
    () => false,
  )
  const [, redraw] = useReducer((times: number) => times + 1, 0)
  const watch = useMounted(store, post, redraw)
  useRevealed(post, entry, intent, redraw)

  const shown = shownLikes(entry, intent, { error, unreachable })
  const knownAt = shown.knownAt && store.clock.toWall(shown.knownAt)
  const { toggle, set, retry, dismiss } = post
  return { ...shown, knownAt, toggle, set, retry, dismiss, watch }
}

function likesOptions(post: PostLikes, seed: LikeInput | undefined): UseQueryOptions<LikesEntry> {
  const readUnlessFresh = ({ state }: { state: { status: string } }) =>
    state.status === 'success' && post.isFresh() ? false : 'always'
  return {
    queryKey: post.queryKey,
    queryFn: async () => {
      if (await post.read()) return MERGED
      throw new LikesRefused('post_not_found', 'No such post.')
    },
    // Something newer may have come since the answer was merged: the query must not put it back.
    structuralSharing: (known, next) => (next === MERGED && known ? known : next),
    initialData: seed && (() => post.first(seed)),
    initialDataUpdatedAt: 0,
    // Not by its dates: events change them, and the device's clock may be set.
    refetchOnMount: readUnlessFresh,
    refetchOnWindowFocus: readUnlessFresh,
    // The provider does, not all pages of a network at once.
    refetchOnReconnect: false,
    // On a server each page has a client of its own, which a timer would keep.
    gcTime: typeof window === 'undefined' ? Infinity : 30 * 60_000,
    networkMode: 'always',
    // Whatever else an application has made its defaults.
    enabled: true,
    staleTime: 0,
    refetchInterval: false,
    throwOnError: false,
    retry: (failures, error) => failures < 1 && !(error instanceof LikesRefused),
    retryDelay: 500,
    placeholderData: undefined,
    select: undefined,
    persister: undefined,
    notifyOnChangeProps: undefined,
  }
}

/** Tells the post that this view is there, and where. */
function useMounted(store: LikesStore, { postId, views }: PostLikes, redraw: () => void): LikesView['watch'] {
  const view = useRef<View>({ isSeen: true, redraw }).current
  useEffect(() => {
    views.add(view)
    return () => void views.delete(view)
  }, [views, view])
  return useCallback(
    element => {
      const before = view.element
      Object.assign(view, { element, isSeen: true })
      store.caretaker?.observe(postId, view, before)
    },
    [store, postId, view],
  )
}

/** A view that was hidden has heard nothing meanwhile: it is drawn anew before it is seen again. */
function useRevealed(
  post: PostLikes,
  data: LikesEntry | undefined,
  intent: Intent | undefined,
  redraw: () => void,
): void {
  useBeforePaint(() => {
    if (post.entry() !== data || post.intent() !== intent) redraw()
  })
}

/** Before the paint: a payload that is newer than what is known must not be seen to arrive. */
function useSeed(post: PostLikes, seed: LikeInput | undefined): void {
  useBeforePaint(() => {
    if (seed) post.seed(seed)
    // Its values are what matters, not which object carries them.
  }, [post, seed?.rev, seed?.count, seed?.liked])
}

const nothing = () => undefined
/** Subscribes to nothing: the query draws the view anew. */
const never = () => nothing
const useBeforePaint = typeof window === 'undefined' ? useEffect : useLayoutEffect
