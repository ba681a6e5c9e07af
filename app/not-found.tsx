import type { Metadata } from 'next'
import Link from 'next/link'
import { StatePanel } from './components/StatePanel'

export const metadata: Metadata = { title: 'Not here' }

export default function NotFound() {
  return (
    <StatePanel kind="missing" title="No trail leads here" heading="h1">
      <p>There is nothing at this address.</p>
      <Link href="/">Back to the pictures</Link>
    </StatePanel>
  )
}
