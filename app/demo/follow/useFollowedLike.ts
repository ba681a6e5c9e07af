import type { SupabaseAccess } from 'onecount/react/supabase'
import { loadSupabase } from 'onecount/react/supabase'
import { type RefObject, useEffect, useEffectEvent, useReducer, useRef } from 'react'
import { useLikeHandler } from '@/app/hooks/useLikeHandler'
import type { Post } from '@/app/types'
import { whenAnswered, whenShown, whenStored } from './measure'
import { followRun, type Run, type Step } from './steps'
import { useOtherTabs } from './tabs'

/** What has not arrived by then is not waited for, milliseconds. */
const PATIENCE_MS = 15_000

export interface FollowedLike {
  /** The last press; null before the first one. */
  run: Run | null
  /** Other tabs of this browser that show the demo. */
  otherTabs: number
  /** The count is what Redis has, or Postgres where there is no Redis; false while one of them does not answer. */
  isExact: boolean
}

/**
 * Follows each press of a heart inside `side` to where it arrives. Every time is of this page's clock: what another tab
 * has drawn counts when it has said so here.
 *
 * @param access where Supabase Realtime is; null: what it tells is not measured
 */
export function useFollowedLike(
  side: RefObject<Element | null>,
  post: Post,
  access: SupabaseAccess | null,
): FollowedLike {
  const { count, liked, status } = useLikeHandler(post)
  const [run, tell] = useReducer(followRun, null)
  const waiting = useRef<AbortController>(undefined)
  const arrived = (step: Step, at: number) => tell({ kind: 'arrived', step, at })

  const press = useEffectEvent((startedAt: number) => {
    const next = { liked: !liked, count: count === null ? null : count + (liked ? -1 : 1) }
    waiting.current?.abort()
    waiting.current = new AbortController()
    const { signal } = waiting.current
    const note = (step: Step) => (at: number) => {
      if (!signal.aborted) arrived(step, at)
    }
    tell({ kind: 'pressed', startedAt, ...next })
    if (next.count !== null && side.current) whenShown(side.current, next.count, signal).then(note('shown'))
    whenAnswered(post.id, startedAt, signal).then(at => {
      note('answered')(at)
      whenStored(post.id, next.liked, signal).then(note('stored'))
    })
    const timer = setTimeout(() => {
      tell({ kind: 'over' })
      waiting.current?.abort()
    }, PATIENCE_MS)
    signal.addEventListener('abort', () => clearTimeout(timer))
  })

  useEffect(() => {
    const element = side.current
    const onClick = ({ target, timeStamp }: Event) => {
      if (target instanceof Element && target.closest('button[aria-pressed]')) press(timeStamp)
    }
    // Before the heart itself hears of it: what it shows now is what the press changes.
    element?.addEventListener('click', onClick, { capture: true })
    return () => element?.removeEventListener('click', onClick, { capture: true })
  }, [side])

  useEffect(() => () => waiting.current?.abort(), [])

  const otherTabs = useOtherTabs(post.id, count, drawn => {
    if (drawn === run?.count) arrived('tab', performance.now())
  })

  const hear = useEffectEvent((likes: unknown) => {
    if (!run || Number(likes) !== run.count) return
    const now = performance.now()
    arrived('stored', now)
    arrived('told', now)
  })
  useRealtime(access, post.id, hear)

  return { run, otherTabs, isExact: status === 'exact' || status === 'saving' }
}

/**
 * What Realtime tells of the row, on the same socket as the application's own. Pages that hear broadcasts get theirs
 * when the batch of this row is settled, right after.
 */
function useRealtime(access: SupabaseAccess | null, postId: string, onLikes: (likes: unknown) => void): void {
  const { url, key } = access ?? {}
  const hear = useEffectEvent(onLikes)
  useEffect(() => {
    if (!url || !key) return
    let isOver = false
    let leave = () => {}
    loadSupabase({ url, key }).then(
      supabase => {
        if (isOver) return
        const channel = supabase
          .channel(`demo:${postId}`)
          .on<{ id: string; likes: number }>(
            'postgres_changes',
            { event: 'UPDATE', schema: 'public', table: 'posts_new' },
            ({ new: row }) => {
              if ('id' in row && row.id === postId) hear(row.likes)
            },
          )
          .subscribe()
        leave = () => void supabase.removeChannel(channel)
      },
      () => {},
    )
    return () => {
      isOver = true
      leave()
    }
  }, [url, key, postId])
}
