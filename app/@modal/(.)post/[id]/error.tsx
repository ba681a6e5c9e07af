'use client'

import { ErrorPanel } from '@/app/components/ErrorPanel'

export default function ModalError({ retry }: { error: unknown; retry: () => void }) {
  return <ErrorPanel retry={retry} />
}
