import type { ReactNode, Ref } from 'react'
import styles from './Section.module.css'

interface SectionProps {
  id: string
  title: string
  text: ReactNode
  /** What is beside the text takes more than half of a wide page. */
  isWide?: boolean
  ref?: Ref<HTMLElement>
  children: ReactNode
}

/** A part of the demo below the comparison: what it is about, and beside that, where there is room, what one can do. */
export const Section = ({ id, title, text, isWide = false, ref, children }: SectionProps) => (
  <section ref={ref} aria-labelledby={id} className={styles.section} data-wide={isWide || undefined}>
    <div>
      <h2 id={id} className={styles.title}>
        {title}
      </h2>
      <p className={styles.text}>{text}</p>
    </div>
    {children}
  </section>
)
