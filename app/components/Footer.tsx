import Link from 'next/link'
import styles from './Footer.module.css'

export const Footer = () => (
  <footer className={styles.footer}>
    <p>
      One count, every view. <Link href="/demo">See it side by side</Link>
    </p>
  </footer>
)
