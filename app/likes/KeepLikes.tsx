import { HOME } from '@/app/utils/sign-in/next-path'
import styles from './KeepLikes.module.css'

interface Props {
  /** What this browser liked before. */
  count: number
  isMore: boolean
  /** Where the person was going. */
  next: string
  /** It stands where the pictures would be: "Skip to the pictures" leads to it. */
  inPlaceOfPictures: boolean
}

/** Asks a person who has signed in about what this browser liked before. The answer is theirs to give, once. */
export function KeepLikes({ count, isMore, next, inPlaceOfPictures }: Props) {
  const likes = isMore ? 'these likes' : count === 1 ? '1 like' : `${count} likes`
  return (
    <section
      className={styles.card}
      aria-labelledby="keep-likes"
      {...(inPlaceOfPictures && { id: 'pictures', tabIndex: -1 })}
    >
      <h2 id="keep-likes" className={styles.title}>
        You liked {isMore ? `more than ${count}` : count} {count === 1 && !isMore ? 'picture' : 'pictures'}{' '}
        before you signed in
      </h2>
      <p className={styles.text}>Add them to your likes? A picture that you like already counts once.</p>
      <form method="post" action="/api/keep-likes" className={styles.answers}>
        {next !== HOME && <input type="hidden" name="next" value={next} />}
        <button type="submit" name="answer" value="add" className={styles.add}>
          Add {likes}
        </button>
        <button type="submit" name="answer" value="leave" className={styles.leave}>
          Leave them
        </button>
      </form>
    </section>
  )
}
