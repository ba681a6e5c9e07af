import { focusManager, queryOptions, type UseQueryResult, useQuery } from '@tanstack/react-query'
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useSyncExternalStore,
} from 'react'
import { useLikesStore } from './provider'
import { EMPTY_ENTRY, type LikeInput, type LikesEntry, mergeLikes } from './registers'
import { isGone, isUnreachable, type ShownLikes, shownLikes } from './shown'
import { type Intent, type LikesStore, likesKey } from './store'
import { LikesRefused } from './transport'

export interface LikesView extends ShownLikes {
  toggle(): void
  set(liked: boolean): void
  /** Sends an unsaved press again now. */
  retry(): void
  /** Puts the message about a refused press away. */
  dismiss(): void
}

/** A view that opens this soon after the last read takes what is there; milliseconds. */
const FRESH_MS = 2000
/** How often a post is read again while its count is not exact; milliseconds. */
const RECOVER_MS = 5000

/** What a read of the query answers: the registers hold it already. */
const MERGED: LikesEntry = { ...EMPTY_ENTRY }

/**
 * The likes of one post, the same in every view. `seed` is what the server rendered; it may be old, its revision says
 * so. Reads again when the view appears, on focus and on reconnect, together with all other posts on screen.
 */
export function useLikes(postId: string, seed?: LikeInput): LikesView {
  const store = useLikesStore()
  useSeed(store, postId, seed)
  const query = useQuery(likesOptions(store, postId, seed))
  const subscribe = useCallback((listener: () => void) => store.subscribe(postId, listener), [store, postId])
  const intent = useSyncExternalStore(subscribe, () => store.intent(postId), nothing)
  const error = useSyncExternalStore(subscribe, () => store.refusal(postId), nothing)
  useRecovery(query)
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

  return { ...shownLikes(query.data, intent, { error, unreachable: isUnreachable(query) }), ...actions }
}

function likesOptions(store: LikesStore, postId: string, seed: LikeInput | undefined) {
  return queryOptions<LikesEntry>({
    queryKey: likesKey(postId),
    queryFn: async () => {
      const asked = Date.now()
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
    initialData: seed && (() => mergeLikes(undefined, seed, Date.now())),
    initialDataUpdatedAt: 0,
    staleTime: FRESH_MS,
    gcTime: 30 * 60_000,
    networkMode: 'always',
    refetchOnReconnect: 'always',
    retry: (failures, error) => failures < 1 && !(error instanceof LikesRefused),
    retryDelay: 500,
  })
}

/**
 * Reads a post again while its count is not exact, or its heart not known. By a clock of its own: the query's is set
 * back by every event.
 */
function useRecovery({ data, error, isError, refetch }: UseQueryResult<LikesEntry>): void {
  const isOver = isError ? isGone(error) : !data || isComplete(data)
  useEffect(() => {
    if (isOver) return
    const timer = setInterval(() => focusManager.isFocused() && refetch({ cancelRefetch: false }), RECOVER_MS)
    return () => clearInterval(timer)
  }, [isOver, refetch])
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

/** An event may have brought a count; the heart comes with a read alone. */
const isComplete = (entry: LikesEntry) =>
  shownLikes(entry, undefined).status === 'exact' && entry.liked !== null

const nothing = () => undefined
const useBeforePaint = typeof window === 'undefined' ? useEffect : useLayoutEffect
