import { type RefObject, useEffect, useEffectEvent } from 'react'
import { THEME_KEY } from '@/app/components/theme'

/**
 * Gives the page in a frame the theme of this one, now and when it changes, and no scrollbar, as phones have none: a frame
 * with storage of its own does not know what was chosen here.
 *
 * @returns what the frame's `load` calls
 */
export function useFrameLook(frame: RefObject<HTMLIFrameElement | null>): () => void {
  function putOn(): void {
    const page = frame.current?.contentWindow
    const root = frame.current?.contentDocument?.documentElement
    if (!page || !root) return
    root.style.scrollbarWidth = 'none'
    root.style.scrollbarGutter = 'auto'
    const { theme } = document.documentElement.dataset
    if (!theme || root.dataset.theme === theme) return
    root.dataset.theme = theme
    keep(page, theme)
  }
  const follow = useEffectEvent(putOn)
  useEffect(() => {
    const observer = new MutationObserver(() => follow())
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    return () => observer.disconnect()
  }, [])
  return putOn
}

/** The page in the frame reads it again when it mounts. */
function keep(page: Window, theme: string): void {
  try {
    page.localStorage.setItem(THEME_KEY, theme)
  } catch {
    // Storage is refused: the attribute is enough until it is loaded again.
  }
}
