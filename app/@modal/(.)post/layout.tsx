import { type ReactNode, Suspense } from 'react'
import { PostModal } from '@/app/components/PostModal'

/** The dialog stays while one goes from post to post in it. */
export default function ModalLayout({ children }: { children: ReactNode }) {
  return (
    <Suspense>
      <PostModal>{children}</PostModal>
    </Suspense>
  )
}
