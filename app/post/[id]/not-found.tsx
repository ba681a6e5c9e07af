import type { Metadata } from 'next'
import Link from 'next/link'
import { StatePanel } from '@/app/components/StatePanel'

export const metadata: Metadata = { title: 'Not here' }

export default function PostNotFound() {
  return (
    <StatePanel kind="missing" title="This picture is not here" heading="h1">
      <p>It may have been taken down, or the address has a slip in it.</p>
      <Link href="/">See the latest ones</Link>
    </StatePanel>
  )
}
