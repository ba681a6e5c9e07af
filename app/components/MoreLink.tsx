import Link from 'next/link'
import type { ReactNode } from 'react'
import { ArrowIcon } from './icons'
import styles from './MoreLink.module.css'

/** Leads to the next page of a list. */
export const MoreLink = ({ href, children }: { href: string; children: ReactNode }) => (
  <Link href={href} className={styles.more}>
    {children} <ArrowIcon />
  </Link>
)
