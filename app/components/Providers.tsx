'use client'

import { LikesProvider } from 'onecount/react'
import type { ReactNode } from 'react'
import { Announcer } from './announcer'

/** What every view shares: the one store of counts, and the voice that announces one's own. */
export function Providers({ children }: { children: ReactNode }) {
  return (
    <LikesProvider>
      {children}
      <Announcer />
    </LikesProvider>
  )
}
