import Link from 'next/link'
import styles from './Footer.module.css'

export const Footer = () => (
  <footer className={styles.footer}>
    <p>
      One count, every view. {/* Few go there: not worth a request of every page. */}
      <Link href="/demo" prefetch={false}>
        See it side by side
      </Link>
    </p>
  </footer>
)
