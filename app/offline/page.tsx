import type { Metadata } from 'next'
import { StatePanel } from '../components/StatePanel'
import { KeptPages } from './KeptPages'

export const metadata: Metadata = { title: 'Offline', robots: { index: false } }

/** What stands at an address that this browser has not seen, while there is no network. */
export default function OfflinePage() {
  return (
    <StatePanel kind="error" title="No signal out here" heading="h1">
      <p>This page is not kept on this device. Your likes are kept, and sent when you are back.</p>
      <KeptPages />
    </StatePanel>
  )
}
