import type { useLikeHandler } from '@/app/hooks/useLikeHandler'
import { refusalText } from './format'
import styles from './LikeNotice.module.css'

interface LikeNoticeProps {
  like: Pick<ReturnType<typeof useLikeHandler>, 'status' | 'error' | 'retry' | 'dismiss'>
  /** The button that was pressed is about to go: the focus belongs elsewhere. */
  onDone?: () => void
  className?: string
}

/** A press that is not saved, in words, with what the person can do about it. Nothing while all is well. */
export function LikeNotice({ like, onDone, className }: LikeNoticeProps) {
  const then = (act: () => void) => () => {
    onDone?.()
    act()
  }
  if (like.status === 'retrying') {
    return (
      <Notice
        text="Not saved yet, retrying"
        action="Retry"
        onAction={then(like.retry)}
        className={className}
      />
    )
  }
  if (like.error) {
    return (
      <Notice
        text={refusalText(like.error)}
        action="Dismiss"
        onAction={then(like.dismiss)}
        className={className}
      />
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
