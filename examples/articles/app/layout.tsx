import type { Metadata } from 'next'
import Link from 'next/link'
import type { ReactNode } from 'react'
import './globals.css'

export const metadata: Metadata = { title: 'Articles' }

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <header>
          <Link href="/">Articles</Link>
          <Link href="/sign-in">Sign in</Link>
        </header>
        <main>{children}</main>
      </body>
    </html>
  )
}
