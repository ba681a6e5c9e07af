'use client'

import { useLayoutEffect } from 'react'
import { MoonIcon, SunIcon } from './icons'
import styles from './ThemeToggle.module.css'
import { storedTheme, THEME_KEY } from './theme'

/** Switches between light and dark and remembers it; until then the system decides. CSS shows the right icon. */
export function ThemeToggle() {
  useLayoutEffect(() => {
    // React's second mount in development clears what the script in the head has set.
    const theme = storedTheme()
    if (theme) document.documentElement.dataset.theme = theme
  }, [])

  function toggle() {
    const root = document.documentElement
    const dark = root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches
    root.dataset.theme = dark ? 'light' : 'dark'
    try {
      localStorage.setItem(THEME_KEY, root.dataset.theme)
    } catch {
      // Storage is refused: the choice lasts until the page is left.
    }
  }

  return (
    <button
      type="button"
      className={styles.toggle}
      onClick={toggle}
      aria-label="Switch between light and dark"
    >
      <SunIcon className={styles.sun} />
      <MoonIcon className={styles.moon} />
    </button>
  )
}
