import type { ReactNode } from 'react'
import styles from './PageHead.module.css'

/** The heading of a page, and a line about it. */
export function PageHead({ title, children }: { title: string; children: ReactNode }) {
  return (
    <header className={styles.head}>
      <h1>{title}</h1>
      <div className={styles.about}>{children}</div>
    </header>
  )
}
