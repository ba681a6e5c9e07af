'use client'

import { useEffect, useState } from 'react'
import { type KeptPage, keptPages } from '../components/offline-pages'
import styles from './KeptPages.module.css'

/** The pages that can be opened without a network, and a button that tries the address again. */
export function KeptPages() {
  const [pages, setPages] = useState<KeptPage[]>([])
  useEffect(() => {
    let isGone = false
    keptPages().then(
      pages => !isGone && setPages(pages),
      () => {},
    )
    return () => {
      isGone = true
    }
  }, [])
  return (
    <>
      <button type="button" onClick={() => location.reload()}>
        Try again
      </button>
      {pages.length > 0 && (
        <nav aria-labelledby="kept" className={styles.kept}>
          <h2 id="kept" className={styles.title}>
            Pages you have with you
          </h2>
          <ul className={styles.list}>
            {pages.map(({ path, title }) => (
              // A whole navigation: the router would ask the server first.
              <li key={path}>
                <a href={path}>{title}</a>
              </li>
            ))}
          </ul>
        </nav>
      )}
    </>
  )
}
