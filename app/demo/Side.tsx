'use client'

import { type ReactNode, type Ref, useId, useReducer } from 'react'
import { formatCount } from '@/app/components/format'
import type { PostContent } from '@/app/types'
import type { HeartProps } from './HeartProps'
import { Screen } from './Screen'
import styles from './Side.module.css'
import { addToTrail, numbersShown, startTrails } from './trails'
import { VIEW_NAMES, VIEWS, type View } from './views'

interface SideProps {
  title: string
  lead: string
  /** Why the numbers are as they are, in a sentence. */
  why: ReactNode
  content: PostContent
  place: number | null
  /** What the server has rendered. */
  counts: Record<View, number | null>
  /** What the database has answered to the last like, where a view may show something else. */
  inPostgres?: number
  heart(view: View, props: HeartProps): ReactNode
  reopen(): void
  isReopening: boolean
  ref?: Ref<HTMLElement>
}

const LOOKS: Record<View, HeartProps['look']> = { feed: 'card', profile: 'over', rank: 'card', post: 'large' }

/** Four views of one post, the numbers that each has shown, and whether they agree. */
export function Side({
  title,
  lead,
  why,
  content,
  place,
  counts,
  inPostgres,
  heart,
  reopen,
  isReopening,
  ref,
}: SideProps) {
  const titleId = useId()
  const [trails, show] = useReducer(
    (trails: ReturnType<typeof startTrails>, [view, count]: [View, number | null]) =>
      addToTrail(trails, view, count),
    counts,
    startTrails,
  )
  return (
    <section ref={ref} aria-labelledby={titleId} className={styles.side}>
      <h2 id={titleId} className={styles.title}>
        {title}
      </h2>
      <p className={styles.lead}>{lead}</p>
      <Verdict numbers={numbersShown(trails)} inPostgres={inPostgres} />
      <ul className={styles.views}>
        {VIEWS.map(view => (
          <li key={view}>
            <Frame name={VIEW_NAMES[view]} trail={trails[view]}>
              <Screen
                view={view}
                content={content}
                place={place}
                heart={heart(view, { look: LOOKS[view], onShown: count => show([view, count]) })}
              />
            </Frame>
          </li>
        ))}
      </ul>
      <p className={styles.why}>{why}</p>
      <button type="button" className={styles.reopen} aria-disabled={isReopening} onClick={reopen}>
        Open the four pages again
      </button>
    </section>
  )
}

interface FrameProps {
  name: string
  trail: (number | null)[]
  children: ReactNode
}

function Frame({ name, trail, children }: FrameProps) {
  const nameId = useId()
  return (
    <article aria-labelledby={nameId} className={styles.view}>
      <h3 id={nameId} className={styles.name}>
        {name}
      </h3>
      <div className={styles.screen}>{children}</div>
      <p className={styles.trail}>
        {trail.length > 1 && (
          <>
            <span className="visually-hidden">Shown one after the other: </span>
            {trail.map(formatCount).join(' → ')}
          </>
        )}
      </p>
    </article>
  )
}

const WORDS = ['no number', 'one number', 'two numbers', 'three numbers', 'four numbers']
const list = new Intl.ListFormat('en')

function Verdict({ numbers, inPostgres }: { numbers: number[]; inPostgres?: number }) {
  const isOld = numbers.length === 1 && inPostgres !== undefined && inPostgres !== numbers[0]
  return (
    <p role="status" className={styles.verdict} data-agree={numbers.length === 1 && !isOld}>
      <strong>Four views, {isOld ? 'one old number' : WORDS[numbers.length]}</strong>
      <span>
        {list.format(numbers.map(formatCount))}
        {isOld && `; Postgres has ${formatCount(inPostgres)}`}
      </span>
    </p>
  )
}
