import type { useLikeHandler } from '@/app/hooks/useLikeHandler'
import { refusalText } from './format'
import styles from './LikeNotice.module.css'

interface LikeNoticeProps {
  like: Pick<ReturnType<typeof useLikeHandler>, 'status' | 'error' | 'retry' | 'dismiss'>
  className?: string
}

/** A press that is not saved, in words, with what the person can do about it. Nothing while all is well. */
export function LikeNotice({ like, className }: LikeNoticeProps) {
  if (like.status === 'retrying') {
    return (
      <Notice text="Not saved yet, retrying" action="Retry" onAction={like.retry} className={className} />
    )
  }
  if (like.error) {
    return (
      <Notice text={refusalText(like.error)} action="Dismiss" onAction={like.dismiss} className={className} />
    )
  }
  return null
}

function Notice(props: { text: string; action: string; onAction: () => void; className?: string }) {
  return (
    <p className={`${styles.notice} ${props.className ?? ''}`}>
      <span>{props.text}</span>
      <button type="button" onClick={props.onAction}>
        {props.action}
      </button>
    </p>
  )
}
