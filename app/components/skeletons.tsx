import detail from './PostDetail.module.css'
import styles from './skeletons.module.css'

const Author = () => (
  <div className={styles.author}>
    <i className={`${styles.block} ${styles.avatar}`} />
    <i className={`${styles.block} ${styles.line}`} />
  </div>
)

/** A post while the dialog waits for it: the view without its content, so that nothing moves afterwards. */
export const PostSkeleton = () => (
  <div className={detail.post} aria-busy="true">
    <p className="visually-hidden" role="status">
      Loading the picture
    </p>
    <i className={`${styles.block} ${styles.picture}`} />
    <div className={detail.facts}>
      <Author />
      {/* As high as the line of text that will stand there. */}
      <p className={detail.caption}>
        <i className={`${styles.block} ${styles.line}`} />
      </p>
      <div className={styles.like}>
        <i className={`${styles.block} ${styles.heart}`} />
      </div>
    </div>
  </div>
)
