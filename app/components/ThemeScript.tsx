'use client'

import { themeScript } from './theme'

/** Applies the chosen theme while the page is parsed, before the first paint. A render in the browser comes too late. */
export function ThemeScript() {
  return (
    <script
      type={typeof window === 'undefined' ? 'text/javascript' : 'text/plain'}
      suppressHydrationWarning
      // biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of our own
      dangerouslySetInnerHTML={{ __html: themeScript }}
    />
  )
}
