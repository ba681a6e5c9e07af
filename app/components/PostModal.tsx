'use client'

import { usePathname, useRouter } from 'next/navigation'
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { trapFocus } from './focus-trap'
import { CloseIcon } from './icons'
import styles from './PostModal.module.css'

/** Id of the caption of the post that is open, which names the dialog. There is one dialog at most. */
export const OPEN_POST_CAPTION = 'open-post-caption'

/**
 * A post over the page that it was opened from, at the post's own address. Closing is going back. The router keeps the
 * slot of the modal when one goes on from it to another page: there it shows nothing.
 */
export function PostModal({ children }: { children: ReactNode }) {
  const isOpen = usePathname().startsWith('/post/')
  return isOpen ? <Dialog>{children}</Dialog> : null
}

const Announce = createContext<(caption: string) => void>(() => {})

/** Says the caption of a post that took the place of another one: the dialog's name is said only as it opens. */
export function useStepAnnounced(caption: string): void {
  const announce = useContext(Announce)
  useEffect(() => announce(caption), [announce, caption])
}

function Dialog({ children }: { children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const router = useRouter()
  const isFirst = useRef(true)
  const [steppedTo, setSteppedTo] = useState('')
  const announce = useCallback((caption: string) => {
    if (!isFirst.current) setSteppedTo(caption)
    isFirst.current = false
  }, [])

  useLayoutEffect(() => {
    const element = dialog.current!
    element.showModal()
    return () => element.close()
  }, [])

  return (
    <dialog
      ref={dialog}
      aria-label="Post"
      aria-labelledby={OPEN_POST_CAPTION}
      className={styles.dialog}
      onCancel={event => {
        event.preventDefault()
        router.back()
      }}
      onClick={event => {
        if (event.target === event.currentTarget) router.back()
      }}
      onKeyDown={trapFocus}
    >
      <div className={styles.sheet}>
        <button type="button" className={styles.close} aria-label="Close" onClick={() => router.back()}>
          <CloseIcon />
        </button>
        <Announce value={announce}>{children}</Announce>
      </div>
      <p aria-live="polite" lang="es" className="visually-hidden">
        {steppedTo}
      </p>
    </dialog>
  )
}
