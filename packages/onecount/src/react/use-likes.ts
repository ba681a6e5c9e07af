'use client'

import { queryOptions, type UseQueryResult, useQuery } from '@tanstack/react-query'
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useSyncExternalStore,
} from 'react'
import { useSeedOf } from './likes-seed'
import type { Intent } from './outbox'
import { useLikesStore } from './provider'
import { EMPTY_ENTRY, type LikeInput, type LikesEntry, likesKey } from './registers'
import { isComplete, isGone, isUnreachable, type ShownLikes, shownLikes } from './shown'
import type { LikesStore } from './store'
import { LikesRefused } from './transport'

export interface LikesView extends ShownLikes {
  toggle(): void
  set(liked: boolean): void
  /** Sends an unsaved press again now. */
  retry(): void
  /** Puts the message about a refused press away. */
  dismiss(): void
  /** A ref for the element that shows the likes: while it is scrolled away the post is not read again. */
  watch(element: Element | null): void
}

/** What a read of the query answers: the registers hold it already. */
const MERGED: LikesEntry = { ...EMPTY_ENTRY }

/**
 * The likes of one post, the same in every view. Reads again when the view appears, on focus, on reconnect and while it
 * stays, with all other posts on screen.
 *
 * @param given what the server rendered; it may be old, its revision says so. Default: that of the nearest `LikesSeed`
 * @throws Error without a `LikesProvider`
 * @example
 * const { count, liked, toggle } = useLikes(post.id, post.likes)
 */
export function useLikes(postId: string, given?: LikeInput): LikesView {
  const store = useLikesStore()
  const seeded = useSeedOf(postId)
  const seed = given ?? seeded
  useSeed(store, postId, seed)
  const query = useQuery(likesOptions(store, postId, seed), store.queryClient)
  const subscribe = useCallback((listener: () => void) => store.subscribe(postId, listener), [store, postId])
  const intent = useSyncExternalStore(subscribe, () => store.intent(postId), nothing)
  const error = useSyncExternalStore(subscribe, () => store.refusal(postId), nothing)
  useRecovery(store, query)
  const watch = useMounted(store, postId)
  useRevealed(store, postId, query.data, intent)

  const actions = useMemo(() => {
    const isLiked = () => store.intent(postId)?.liked ?? store.entry(postId)?.liked ?? false
    return {
      toggle: () => store.press(postId, !isLiked()),
      set: (liked: boolean) => store.press(postId, liked),
      retry: () => store.retry(postId),
      dismiss: () => store.dismiss(postId),
    }
  }, [store, postId])

  const shown = shownLikes(query.data, intent, { error, unreachable: isUnreachable(query) })
  const knownAt = shown.knownAt && store.clock.toWall(shown.knownAt)
  return { ...shown, knownAt, ...actions, watch }
}

function likesOptions(store: LikesStore, postId: string, seed: LikeInput | undefined) {
  const readUnlessFresh = ({ state }: { state: { status: string } }) =>
    state.status === 'success' && store.reading.isFresh(postId) ? false : 'always'
  return queryOptions<LikesEntry>({
    queryKey: likesKey(postId),
    queryFn: async () => {
      const asked = store.clock.now()
      const input = await store.load(postId)
      if (!input) {
        store.gone(postId)
        throw new LikesRefused('post_not_found', 'There is no such post.')
      }
      store.receive(postId, input, asked)
      return MERGED
    },
    // Something newer may have come since the answer was merged: the query must not put it back.
    structuralSharing: (known, next) => (next === MERGED && known ? known : next),
    initialData: seed && (() => store.first(seed)),
    initialDataUpdatedAt: 0,
    // Not by its dates: events change them, and the device's clock may be set.
    refetchOnMount: readUnlessFresh,
    refetchOnWindowFocus: readUnlessFresh,
    // The provider does, not all pages of a network at once.
    refetchOnReconnect: false,
    gcTime: 30 * 60_000,
    networkMode: 'always',
    // Whatever else an application has made its defaults.
    enabled: true,
    staleTime: 0,
    refetchInterval: false,
    throwOnError: false,
    retry: (failures, error) => failures < 1 && !(error instanceof LikesRefused),
    retryDelay: 500,
  })
}

/** Reads a post again while its count is not exact, or its heart not known. */
function useRecovery(store: LikesStore, { data, error, isError }: UseQueryResult<LikesEntry>): void {
  const isOver = isError ? isGone(error) : !data || isComplete(data)
  useEffect(() => (isOver ? undefined : store.reading.poller.recover()), [store, isOver])
}

/** Tells the store that this view is there, and where. */
function useMounted(store: LikesStore, postId: string): LikesView['watch'] {
  const view = useMemo(() => store.reading.screen.view(postId), [store, postId])
  useEffect(() => view.mount(), [view])
  return view.watch
}

/** A view that was hidden has heard nothing meanwhile: it is drawn anew before it is seen again. */
function useRevealed(store: LikesStore, postId: string, data: LikesEntry | undefined, intent?: Intent): void {
  const [, redraw] = useReducer((times: number) => times + 1, 0)
  const drawn = useRef({ data, intent })
  useBeforePaint(() => {
    drawn.current = { data, intent }
  })
  useBeforePaint(() => {
    if (store.entry(postId) !== drawn.current.data || store.intent(postId) !== drawn.current.intent) redraw()
  }, [store, postId])
}

/** Before the paint: a payload that is newer than what is known must not be seen to arrive. */
function useSeed(store: LikesStore, postId: string, seed: LikeInput | undefined): void {
  useBeforePaint(() => {
    if (seed) store.seed(postId, seed)
    // Its values are what matters, not which object carries them.
  }, [store, postId, seed?.rev, seed?.count, seed?.liked])
}

const nothing = () => undefined
const useBeforePaint = typeof window === 'undefined' ? useEffect : useLayoutEffect
