import feed from './HomeFeed.module.css'
import people from './People.module.css'
import detail from './PostDetail.module.css'
import rank from './RankGrid.module.css'
import styles from './skeletons.module.css'

/** What a view looks like while it loads: the view itself without what is in it, so that nothing moves afterwards. */
function Skeleton({
  label,
  className,
  children,
}: {
  label: string
  className?: string
  children: React.ReactNode
}) {
  return (
    <div className={className} aria-busy="true">
      <p className="visually-hidden" role="status">
        {label}
      </p>
      {children}
    </div>
  )
}

const times = (n: number) => Array.from({ length: n }, (_, index) => index)

const Author = () => (
  <div className={styles.author}>
    <i className={`${styles.block} ${styles.avatar}`} />
    <i className={`${styles.block} ${styles.line}`} />
  </div>
)

/** As high as the line of text that will stand there. */
const Line = ({ className }: { className?: string }) => (
  <p className={className}>
    <i className={`${styles.block} ${styles.line}`} />
  </p>
)

const Like = () => (
  <div className={styles.like}>
    <i className={`${styles.block} ${styles.heart}`} />
  </div>
)

export const FeedSkeleton = () => (
  <Skeleton label="Loading pictures" className={feed.feed}>
    {times(3).map(index => (
      <div key={index} className={feed.post}>
        <div className={feed.author}>
          <Author />
        </div>
        <i className={`${styles.block} ${styles.picture}`} />
        <div className={feed.below}>
          <Like />
          <Line className={feed.caption} />
        </div>
      </div>
    ))}
  </Skeleton>
)

export const PeopleSkeleton = () => (
  <div aria-busy="true">
    <p className={people.title}>People</p>
    <div className={people.people}>
      {times(12).map(index => (
        <div key={index} className={people.person}>
          <i className={`${styles.block} ${styles.face}`} />
          <span className={people.name}>&nbsp;</span>
        </div>
      ))}
    </div>
  </div>
)

export const RankSkeleton = () => (
  <Skeleton label="Loading the ranking" className={rank.grid}>
    {times(18).map(index => (
      <div key={index} className={rank.card}>
        <i className={`${styles.block} ${styles.picture}`} />
        <div className={rank.facts}>
          <span className={`${rank.place} ${styles.faint}`} data-podium={index < 3 || undefined}>
            {index + 1}
          </span>
          <Like />
        </div>
        <Line className={rank.caption} />
        <Line className={rank.author} />
      </div>
    ))}
  </Skeleton>
)

export const PostSkeleton = () => (
  <Skeleton label="Loading the picture" className={detail.post}>
    <i className={`${styles.block} ${styles.picture}`} />
    <div className={detail.facts}>
      <Author />
      <Line className={detail.caption} />
      <Like />
    </div>
  </Skeleton>
)

export const WallSkeleton = ({ className }: { className?: string }) => (
  <Skeleton label="Loading the wall" className={className}>
    {times(8).map(index => (
      <i key={index} className={`${styles.block} ${styles.picture}`} />
    ))}
  </Skeleton>
)
