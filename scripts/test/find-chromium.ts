import { existsSync } from 'node:fs'
import { findProgram } from '@onecount/dev-stack/process'
import { chromium } from '@playwright/test'

const MAC_APPLICATIONS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/**
 * The Chromium the browser tests drive: `CHROMIUM_PATH`, else one on PATH, else an installed application, else the
 * one `npx playwright install chromium` has put in its cache. Undefined when there is none.
 */
export function findChromium(): string | undefined {
  return (
    process.env.CHROMIUM_PATH ||
    findProgram(['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']) ||
    [...MAC_APPLICATIONS, chromium.executablePath()].find(path => existsSync(path))
  )
}

/** Quiet, without a sandbox (which root may not have) and without anything that talks to the outside. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
