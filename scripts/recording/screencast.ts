import type { CDPSession, Page } from '@playwright/test'
import sharp from 'sharp'

/** What was on screen from `at` on, milliseconds; `image` is a PNG. */
interface Frame {
  at: number
  image: Buffer
}

/** As long as the last frame stands before the picture begins anew, milliseconds. */
const LAST_MS = 2500
/** Browsers show a frame of a shorter time for 100 ms. */
const SHORTEST_MS = 20

/**
 * Records what Chromium paints of a page, as it comes and as long as it takes.
 * @example
 * const screencast = await startScreencast(page)
 * await page.click('button')
 * await writeFile('demo.webp', await encode(await screencast.stop()))
 */
export async function startScreencast(page: Page) {
  const session = await page.context().newCDPSession(page)
  const frames: Frame[] = []
  session.on('Page.screencastFrame', ({ data, metadata, sessionId }) => {
    frames.push({ at: metadata.timestamp! * 1000, image: Buffer.from(data, 'base64') })
    acknowledge(session, sessionId)
  })
  await session.send('Page.startScreencast', { format: 'png' })
  return {
    async stop(): Promise<Frame[]> {
      await session.send('Page.stopScreencast')
      await session.detach()
      // They may arrive in another order than they were painted.
      return frames.toSorted((a, b) => a.at - b.at)
    },
  }
}

/** Chromium sends the next frame only after this; once the session has ended, the call fails and is ignored. */
function acknowledge(session: CDPSession, sessionId: number): void {
  session.send('Page.screencastFrameAck', { sessionId }).catch(() => {})
}

/** An animated WebP of the frames with the times that they took, without end. @throws RangeError without a frame */
export async function encode(frames: readonly Frame[]): Promise<Buffer> {
  if (frames.length === 0) throw new RangeError('nothing was painted')
  const shown = frames.filter((frame, i) => (frames[i + 1]?.at ?? Infinity) - frame.at >= SHORTEST_MS)
  const delay = shown.map(({ at }, i) => (i + 1 < shown.length ? Math.round(shown[i + 1]!.at - at) : LAST_MS))
  return sharp(
    shown.map(({ image }) => image),
    { join: { animated: true } },
  )
    .webp({ delay, loop: 0, quality: 82, effort: 5, mixed: true, minSize: true })
    .toBuffer()
}
