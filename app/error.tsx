'use client'

import { ErrorPanel } from './components/ErrorPanel'

export default function PageError({ retry }: { error: unknown; retry: () => void }) {
  return <ErrorPanel retry={retry} isPage />
}
