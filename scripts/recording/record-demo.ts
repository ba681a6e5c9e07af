import { chromium, expect, type Locator, type Page } from '@playwright/test'
import { startApp } from '../../e2e/support/stack'
import { CHROMIUM_ARGS, findChromium } from '../test/find-chromium'
import { showPointer } from './pointer'
import { encode, startScreencast } from './screencast'

const VIEWPORT = { width: 1280, height: 1180 }
/** Long enough to read four numbers, milliseconds. */
const READ_MS = 1600

export interface Recording {
  /** An animated WebP. */
  moving: Buffer
  /** A PNG of the moment after both hearts were pressed, for those who want nothing to move. */
  still: Buffer
}

/**
 * `/demo` as a visitor sees it: a heart of each side is pressed, then each side opens its pages again. The production
 * build runs on real stores with the data of the seed; only the pointer is added to the picture.
 *
 * @throws where a number is another one than the README says
 */
export async function recordDemo(): Promise<Recording> {
  const stack = await startApp()
  try {
    const browser = await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_ARGS })
    try {
      const page = await browser.newPage({ viewport: VIEWPORT, colorScheme: 'light' })
      await page.goto(`${stack.url}/demo`, { waitUntil: 'networkidle' })
      const pointer = await showPointer(page)
      const screencast = await startScreencast(page)
      const bothPressed = await play(page, pointer)
      const frames = await screencast.stop()
      const still = frames.findLast(({ at }) => at <= bothPressed)!
      return { moving: await encode(frames), still: still.image }
    } finally {
      await browser.close()
    }
  } finally {
    await stack.stop()
  }
}

/** Answers when both hearts were pressed and their numbers read, milliseconds. */
async function play(page: Page, { press }: Awaited<ReturnType<typeof showPointer>>): Promise<number> {
  const [usual, onecount] = ['The usual way', 'onecount'].map(name =>
    page.getByRole('region', { name, exact: true }),
  )
  const shows = (side: Locator, counts: number[]) =>
    expect(side.locator('[data-like-count]')).toHaveText(counts.map(String))
  const heart = (side: Locator, view: string) =>
    side.getByRole('article', { name: view }).getByRole('button', { pressed: false })
  const reopen = (side: Locator) => side.getByRole('button', { name: 'Open the four pages again' })
  const read = () => page.waitForTimeout(READ_MS)

  await shows(usual!, [446, 446, 446, 446])
  await shows(onecount!, [446, 446, 446, 446])
  await read()
  await press(heart(usual!, 'Feed'))
  await shows(usual!, [447, 446, 446, 446])
  await read()
  await press(heart(onecount!, 'Feed'))
  await shows(onecount!, [447, 447, 447, 447])
  await read()
  const bothPressed = Date.now()
  await press(reopen(usual!))
  await shows(usual!, [446, 446, 446, 446])
  await read()
  await press(reopen(onecount!))
  await shows(onecount!, [447, 447, 447, 447])
  return bothPressed
}
