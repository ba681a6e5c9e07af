'use client'

import { LikesProvider } from 'onecount/react'
import type { ReactNode } from 'react'

/** What every view shares: the one store of counts. */
export function Providers({ children }: { children: ReactNode }) {
  return <LikesProvider>{children}</LikesProvider>
}
