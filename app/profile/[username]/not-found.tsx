import type { Metadata } from 'next'
import Link from 'next/link'
import { StatePanel } from '@/app/components/StatePanel'

export const metadata: Metadata = { title: 'Nobody of that name' }

export default function ProfileNotFound() {
  return (
    <StatePanel kind="missing" title="Nobody lives here" heading="h1">
      <p>There is no one of that name. They may have moved, or the address has a slip in it.</p>
      <Link href="/">See who is around</Link>
    </StatePanel>
  )
}
