import type { Metadata, Viewport } from 'next'
import localFont from 'next/font/local'
import { type ReactNode, Suspense } from 'react'
import { Footer } from './components/Footer'
import { Header } from './components/Header'
import { OfflineShell } from './components/OfflineShell'
import { Providers } from './components/Providers'
import { Realtime } from './components/Realtime'
import { ServerTime } from './components/ServerTime'
import { ThemeScript } from './components/ThemeScript'
import './globals.css'
import styles from './layout.module.css'
import { siteUrl } from './utils/site-url'

const figtree = localFont({
  src: '../node_modules/@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2',
  weight: '300 900',
  // A font that comes after the first paint waits for the next page: put in then, its widths would move lines.
  display: 'optional',
  variable: '--font-figtree',
})

export const metadata: Metadata = {
  metadataBase: siteUrl(),
  title: { default: 'huella', template: '%s · huella' },
  description: 'A small wildlife picture community, where every view shows the same number of likes.',
  applicationName: 'huella',
  openGraph: { siteName: 'huella', type: 'website' },
  twitter: { card: 'summary_large_image' },
}

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#fbf9f6' },
    { media: '(prefers-color-scheme: dark)', color: '#141210' },
  ],
}

export default function RootLayout({ children, modal }: { children: ReactNode; modal: ReactNode }) {
  return (
    <html lang="en" className={figtree.variable} suppressHydrationWarning>
      <head>
        <ThemeScript />
      </head>
      <body>
        <a href="#pictures" className={styles.skip}>
          Skip to the pictures
        </a>
        <Providers>
          {/* First, so that it is known before a heart can be pressed. */}
          <Suspense>
            <ServerTime />
          </Suspense>
          <Header />
          <main id="main" className={styles.main}>
            {children}
          </main>
          <Footer />
          {modal}
          <OfflineShell />
          <Suspense>
            <Realtime />
          </Suspense>
        </Providers>
      </body>
    </html>
  )
}
