import { LikeButton, LikesClock, LikesProvider, LikesSeed, useLikeButton, useLikes } from 'onecount/react'
import { useLikesSubscription } from 'onecount/react/realtime'
import { useLikeCounts, useLikesStatus } from 'onecount/react/summary'
import { useRef, version } from 'react'

/** Only with the types of React 18 is a ref without a value no error. */
export function Everything({ id }: { id: string }) {
  const before19 = useRef<number>()
  useLikesSubscription(null, { table: 'articles', count: 'like_count' })
  const like = useLikes(id)
  const [count] = useLikeCounts([{ id, count: 1 }]).values()
  const { buttonProps } = useLikeButton(like)
  return (
    <LikesProvider>
      <LikesClock now={Date.now()} />
      <LikesSeed likes={{ [id]: { count: 1, liked: true, rev: 1 } }}>
        <button {...buttonProps}>
          {before19.current} {count}
        </button>
        <div ref={like.watch}>{useLikesStatus()}</div>
        <LikeButton postId={id} />
        <LikeButton like={like}>{({ count }) => <b>{count}</b>}</LikeButton>
      </LikesSeed>
      {version}
    </LikesProvider>
  )
}
