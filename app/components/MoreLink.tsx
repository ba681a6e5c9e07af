'use client'

import Link from 'next/link'
import type { ReactNode } from 'react'
import { ArrowIcon } from './icons'
import styles from './MoreLink.module.css'

interface MoreLinkProps {
  href: string
  children: ReactNode
  /** Appends the next page here instead of going to it. */
  onPress?: () => void
  isBusy?: boolean
}

/** Leads to the next page of a list. */
export const MoreLink = ({ href, children, onPress, isBusy }: MoreLinkProps) => (
  <Link
    href={href}
    className={styles.more}
    aria-busy={isBusy}
    prefetch={onPress ? false : undefined}
    onNavigate={event => {
      if (!onPress) return
      event.preventDefault()
      onPress()
    }}
  >
    {children} <ArrowIcon />
  </Link>
)
