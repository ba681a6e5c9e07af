'use client'

import type { SupabaseAccess } from 'onecount/react/supabase'
import type { ReactNode, RefObject } from 'react'
import type { Post } from '@/app/types'
import styles from './FollowLike.module.css'
import { ASK_EVERY_MS } from './measure'
import { formatMs, type Run, STEPS, type Step } from './steps'
import { useFollowedLike } from './useFollowedLike'

interface FollowLikeProps {
  /** Where the hearts are. */
  side: RefObject<Element | null>
  post: Post
  access: SupabaseAccess | null
  /** Redis is configured: it answers, where counts are exact. */
  hasRedis: boolean
}

/** One like on its way, in milliseconds. What cannot be measured here has no row. */
export function FollowLike({ side, post, access, hasRedis }: FollowLikeProps) {
  const { run, otherTabs, isExact } = useFollowedLike(side, post, access)
  const texts: Record<Step, { name: string; note: ReactNode }> = {
    shown: { name: 'Shown in all four views', note: 'painted by this browser' },
    answered: {
      name: hasRedis && (isExact || !run) ? 'Answered from Redis' : 'Answered by the server',
      note: 'the whole way, network included',
    },
    tab: {
      name: 'Shown in your other tab',
      note: otherTabs > 0 ? 'said by that tab' : <OpenTab />,
    },
    stored: { name: 'Stored in Postgres', note: `asked every ${ASK_EVERY_MS} ms, or told by Realtime` },
    told: { name: 'Told to every other browser', note: 'by Supabase Realtime' },
  }
  const longest = Math.max(1, ...Object.values(run?.arrivals ?? {}))
  return (
    <ol className={styles.steps}>
      {STEPS.filter(step => access || step !== 'told').map(step => (
        <li key={step} className={styles.step}>
          <span className={styles.name}>{texts[step].name}</span>
          <span className={styles.note}>{texts[step].note}</span>
          <Arrival run={run} step={step} isAsked={step !== 'tab' || otherTabs > 0} longest={longest} />
        </li>
      ))}
    </ol>
  )
}

const OpenTab = () => (
  <a href="/demo" target="_blank" rel="noreferrer" className={styles.link}>
    open this page in a second tab
  </a>
)

interface ArrivalProps {
  run: Run | null
  step: Step
  /** There is something to wait for. */
  isAsked: boolean
  longest: number
}

function Arrival({ run, step, isAsked, longest }: ArrivalProps) {
  const ms = run?.arrivals[step]
  return (
    <>
      <span className={styles.ms} data-step={step}>
        {ms !== undefined && formatMs(ms)}
        {ms === undefined && run && isAsked && (run.isOver ? 'not within 15 s' : '…')}
      </span>
      <span className={styles.track} aria-hidden="true">
        {ms !== undefined && <i style={{ inlineSize: `${(100 * ms) / longest}%` }} />}
      </span>
    </>
  )
}
