import Link from 'next/link'
import { Suspense } from 'react'
import { Account } from './Account'
import { Brand } from './Brand'
import styles from './Header.module.css'
import { Nav, NavLinks } from './Nav'
import { ThemeToggle } from './ThemeToggle'

export function Header() {
  return (
    <header className={styles.header}>
      <div className={styles.bar}>
        <Link href="/" className={styles.brand}>
          <Brand />
          <span className={styles.name}>huella</span>
        </Link>
        <Suspense fallback={<NavLinks current={null} />}>
          <Nav />
        </Suspense>
        <div className={styles.tools}>
          <div className={styles.account}>
            <Suspense>
              <Account />
            </Suspense>
          </div>
          <ThemeToggle />
        </div>
      </div>
    </header>
  )
}
