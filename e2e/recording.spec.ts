import { expect, test } from '@playwright/test'
import sharp from 'sharp'
import { recordDemo } from '../scripts/recording/record-demo'

test('the picture of the README is recorded: it moves, takes its time, and is as large as the page', async () => {
  const { moving, still } = await recordDemo()
  const { format, pages, width, pageHeight, loop, delay } = await sharp(moving, { animated: true }).metadata()
  expect({ format, width, pageHeight, loop }).toEqual({
    format: 'webp',
    width: 1280,
    pageHeight: 1180,
    loop: 0,
  })
  expect(pages).toBeGreaterThan(20)
  const seconds = delay!.reduce((sum, ms) => sum + ms, 0) / 1000
  // Four times 1.6 s to read, 2.5 s at the end, and the way of the pointer between.
  expect(seconds).toBeGreaterThan(9)
  expect(moving.length).toBeLessThan(2_000_000)

  const first = await sharp(moving, { page: 0 }).raw().toBuffer()
  const last = await sharp(moving, { page: pages! - 1 })
    .raw()
    .toBuffer()
  expect(last.equals(first)).toBe(false)
  expect(await sharp(still).metadata()).toMatchObject({ format: 'png', width: 1280, height: 1180 })
})
