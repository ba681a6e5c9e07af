'use client'

import { ErrorPanel } from '@/app/components/ErrorPanel'
import { PostModal } from '@/app/components/PostModal'

export default function ModalError({ retry }: { error: unknown; retry: () => void }) {
  return (
    <PostModal>
      <ErrorPanel retry={retry} />
    </PostModal>
  )
}
