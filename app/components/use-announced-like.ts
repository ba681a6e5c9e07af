import { useEffect, useRef } from 'react'
import type { useLikeHandler } from '@/app/hooks/useLikeHandler'
import { announce } from './announcer'
import { refusalText, spokenCount } from './format'

type Like = Pick<ReturnType<typeof useLikeHandler>, 'liked' | 'count' | 'status' | 'error'>

/**
 * Tells people who listen what became of the press they made here; changes that others make stay silent.
 * @returns to be called with each press
 */
export function useAnnouncedLike({ liked, count, status, error }: Like): () => void {
  /** What is still to be told of the last press: its effect, then how saving it went. */
  const open = useRef<'nothing' | 'effect' | 'saving' | 'retrying'>('nothing')

  useEffect(() => {
    if (open.current === 'nothing') return
    if (error) {
      announce(refusalText(error))
      open.current = 'nothing'
    } else if (open.current === 'effect') {
      announce(`${liked ? 'Liked' : 'Like removed'}, ${spokenCount(count)}`)
      open.current = 'saving'
    } else if (open.current === 'saving' && status === 'retrying') {
      announce('Not saved yet, retrying')
      open.current = 'retrying'
    } else if (status !== 'saving' && status !== 'retrying') {
      if (open.current === 'retrying') announce(`Saved, ${spokenCount(count)}`)
      open.current = 'nothing'
    }
  }, [liked, count, status, error])

  return () => {
    open.current = 'effect'
  }
}
