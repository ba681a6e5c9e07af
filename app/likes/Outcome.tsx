import type { Kept } from '@/app/utils/sign-in/keep-likes'
import { HOME } from '@/app/utils/sign-in/next-path'
import styles from './KeepLikes.module.css'

interface Props {
  /** Null: nothing could be added now. */
  kept: Kept | null
  /** Where the person was going before they were asked. */
  next: string
}

/** What has become of the likes that a person has added. */
export const Outcome = ({ kept, next }: Props) => (
  <div role="status" className={styles.outcome} data-failed={kept?.isComplete ? undefined : true}>
    <p>
      {kept ? wordsOf(kept) : 'Your likes could not be added right now. None is lost: try again in a moment.'}
    </p>
    {kept && next !== HOME && <a href={next}>Go back to where you were</a>}
  </div>
)

export function wordsOf({ added, had, isComplete }: Kept): string {
  const rest = isComplete ? '' : ' Some may still be on their way: add them in a moment.'
  if (added === 0 && had === 0)
    return isComplete ? 'Nothing is left to add: what this browser liked is yours.' : rest.trim()
  const theirs = had === 0 ? '' : `${had} you had already`
  if (added === 0) return `${theirs}: nothing was left to add.${rest}`
  const now = `${added} ${added === 1 ? 'like is' : 'likes are'} yours now`
  return `${[now, theirs].filter(Boolean).join('; ')}.${rest}`
}
