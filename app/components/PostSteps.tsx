'use client'

import { useRouter } from 'next/navigation'
import { useEffectEvent, useLayoutEffect, useRef, useState, useTransition } from 'react'
import type { Post } from '@/app/types'
import { ArrowIcon } from './icons'
import { type Neighbours, neighboursOf } from './neighbours'
import { useStepAnnounced } from './PostModal'
import styles from './PostSteps.module.css'

type Side = keyof Neighbours

/** A swipe is at least this long, CSS pixels, and this many times as wide as high. */
const SWIPE_PX = 48
const SWIPE_SLOPE = 1.5

/** The button that was pressed last, and the post that it leads to: the view of that one is another, whose button gets the focus. */
let pressed: { side: Side; to: string } | null = null

/**
 * Steps from the post that is open over a list to those beside it: buttons on the picture, the arrow keys, and a swipe.
 * Each takes the place of the one before, so that closing is one step back to the list.
 */
export function PostSteps({ post: { id: postId, caption } }: { post: Post }) {
  useStepAnnounced(caption)
  const router = useRouter()
  const place = useRef<HTMLDivElement>(null)
  const [beside, setBeside] = useState<Neighbours>({ before: null, after: null })
  const [isMoving, move] = useTransition()
  /** The post that was stepped to last; what is shown follows. */
  const target = useRef(postId)

  useLayoutEffect(() => {
    target.current = postId
    setBeside(neighboursOf(postId))
  }, [postId])

  function step(side: Side, { isButton = false } = {}): boolean {
    const next = neighboursOf(target.current)[side]
    if (next === null) return false
    target.current = next
    pressed = isButton ? { side, to: next } : null
    move(() => router.replace(`/post/${next}`, { scroll: false }))
    return true
  }
  const stepHere = useEffectEvent((side: Side) => step(side))

  // Before the view is painted: a swipe at what one sees is heard.
  useLayoutEffect(() => {
    const dialog = place.current!.closest('dialog')
    if (!dialog) return
    const abort = new AbortController()
    const passive = { signal: abort.signal, passive: true }
    let from: Touch | null = null
    dialog.addEventListener(
      'touchstart',
      ({ touches }) => {
        from = touches.length === 1 ? touches[0]! : null
      },
      passive,
    )
    dialog.addEventListener(
      'touchend',
      ({ changedTouches }) => {
        const side = from && sideOfSwipe(from, changedTouches[0]!)
        from = null
        if (side) stepHere(side)
      },
      passive,
    )
    document.addEventListener(
      'keydown',
      event => {
        const side = sideOfKey(event)
        if (side && stepHere(side)) event.preventDefault()
      },
      { signal: abort.signal },
    )
    return () => abort.abort()
  }, [])

  return (
    <div ref={place} className={styles.steps} aria-busy={isMoving}>
      {beside.before && <StepButton side="before" name="Previous picture" of={postId} onPress={step} />}
      {beside.after && <StepButton side="after" name="Next picture" of={postId} onPress={step} />}
    </div>
  )
}

interface StepButtonProps {
  side: Side
  name: string
  /** The post that is shown. */
  of: string
  onPress(side: Side, how: { isButton: boolean }): void
}

function StepButton({ side, name, of, onPress }: StepButtonProps) {
  const button = useRef<HTMLButtonElement>(null)
  useLayoutEffect(() => {
    if (pressed?.side !== side || pressed.to !== of) return
    button.current!.focus()
    pressed = null
  }, [side, of])

  return (
    <button
      ref={button}
      type="button"
      className={styles[side]}
      aria-label={name}
      onClick={() => onPress(side, { isButton: true })}
    >
      <ArrowIcon />
    </button>
  )
}

/** The browser's own shortcuts, as Alt and an arrow for going back, stay its own. */
function sideOfKey({ key, altKey, ctrlKey, metaKey, shiftKey }: KeyboardEvent): Side | null {
  if (altKey || ctrlKey || metaKey || shiftKey) return null
  return key === 'ArrowLeft' ? 'before' : key === 'ArrowRight' ? 'after' : null
}

/** To the left is on, as one pushes a picture away. */
function sideOfSwipe(from: Touch, to: Touch): Side | null {
  const [x, y] = [to.clientX - from.clientX, to.clientY - from.clientY]
  if (Math.abs(x) < SWIPE_PX || Math.abs(x) < SWIPE_SLOPE * Math.abs(y)) return null
  return x < 0 ? 'after' : 'before'
}
