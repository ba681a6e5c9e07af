import type { ReactNode } from 'react'
import { BurrowDrawing, FogDrawing, TracksDrawing } from './drawings'
import styles from './StatePanel.module.css'

const drawings = { empty: TracksDrawing, error: FogDrawing, missing: BurrowDrawing }

interface StatePanelProps {
  kind: keyof typeof drawings
  title: string
  /** The page's own heading where nothing else is on it. */
  heading?: 'h1' | 'h2'
  /** It stands where the pictures would be: "Skip to the pictures" leads to it. */
  inPlaceOfPictures?: boolean
  /** What it means and what one can do, then the buttons or links to do it. */
  children: ReactNode
}

/** What stands where there is nothing to show: a small drawing, what happened, and the way on. */
export function StatePanel({
  kind,
  title,
  heading: Heading = 'h2',
  inPlaceOfPictures = Heading === 'h1',
  children,
}: StatePanelProps) {
  const Drawing = drawings[kind]
  return (
    <section className={styles.panel} {...(inPlaceOfPictures && { id: 'pictures', tabIndex: -1 })}>
      <Drawing className={styles.drawing} />
      <Heading className={styles.title}>{title}</Heading>
      <div className={styles.body}>{children}</div>
    </section>
  )
}
