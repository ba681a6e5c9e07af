'use client'

import { useLinkStatus } from 'next/link'
import styles from './LinkHint.module.css'

/** Inside a link: a thin line at the top of the window while the page that it leads to is on its way. */
export function LinkHint() {
  return useLinkStatus().pending ? <span className={styles.hint} aria-hidden="true" /> : null
}
