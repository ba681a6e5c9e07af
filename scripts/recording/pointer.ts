import type { Locator, Page } from '@playwright/test'

const STEPS = 24
const STEP_MS = 16

/** The pointer of the recording: Chromium paints none of its own into a screencast. */
export async function showPointer(page: Page) {
  await page.evaluate(() => {
    const pointer = document.createElement('div')
    Object.assign(pointer.style, {
      position: 'fixed',
      zIndex: '100',
      width: '26px',
      height: '26px',
      margin: '-13px',
      borderRadius: '50%',
      border: '2px solid #fff',
      background: 'rgb(28 25 23 / 0.55)',
      boxShadow: '0 1px 4px rgb(0 0 0 / 0.4)',
      pointerEvents: 'none',
      transition: 'scale 120ms',
    })
    document.body.append(pointer)
    addEventListener('mousemove', ({ clientX, clientY }) => {
      pointer.style.left = `${clientX}px`
      pointer.style.top = `${clientY}px`
    })
    addEventListener('mousedown', () => {
      pointer.style.scale = '0.7'
    })
    addEventListener('mouseup', () => {
      pointer.style.scale = '1'
    })
  })
  const viewport = page.viewportSize()!
  let at = { x: viewport.width / 2, y: viewport.height / 2 }
  await page.mouse.move(at.x, at.y)
  return {
    /** Glides to the middle of `target` and presses there. */
    async press(target: Locator): Promise<void> {
      const box = (await target.boundingBox())!
      const from = at
      const to = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
      for (let step = 1; step <= STEPS; step++) {
        const eased = (1 - Math.cos((Math.PI * step) / STEPS)) / 2
        at = { x: from.x + (to.x - from.x) * eased, y: from.y + (to.y - from.y) * eased }
        await page.mouse.move(at.x, at.y)
        await page.waitForTimeout(STEP_MS)
      }
      await page.mouse.down()
      await page.waitForTimeout(120)
      await page.mouse.up()
    },
  }
}
