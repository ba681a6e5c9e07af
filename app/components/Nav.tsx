'use client'

import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { HeartIcon, HomeIcon, RankIcon } from './icons'
import { LinkHint } from './LinkHint'
import styles from './Nav.module.css'

const links = [
  { href: '/', label: 'Home', Icon: HomeIcon },
  { href: '/rank', label: 'Rank', Icon: RankIcon },
  { href: '/likes', label: 'Likes', Icon: HeartIcon },
]

export function Nav() {
  return <NavLinks current={usePathname()} />
}

/** Also what stands there until the address is known: the same links, none of them marked. */
export function NavLinks({ current }: { current: string | null }) {
  return (
    <nav aria-label="Main" className={styles.nav}>
      {links.map(({ href, label, Icon }) => (
        <Link
          key={href}
          href={href}
          aria-current={current === href ? 'page' : undefined}
          className={styles.link}
        >
          <Icon />
          {label}
          <LinkHint />
        </Link>
      ))}
    </nav>
  )
}
