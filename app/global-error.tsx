'use client'

import { ErrorPanel } from './components/ErrorPanel'
import './globals.css'

/** Stands in for the whole document when the layout itself has failed. */
export default function GlobalError({ retry }: { error: unknown; retry: () => void }) {
  return (
    <html lang="en">
      <head>
        <title>Fog on the trail · huella</title>
      </head>
      <body>
        <main>
          <ErrorPanel retry={retry} isPage />
        </main>
      </body>
    </html>
  )
}
