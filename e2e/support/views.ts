import { awakeNow } from '@onecount/dev-stack/awake'
import { expect, type Locator, type Page, type Response } from '@playwright/test'
import type { LikesStatus } from 'onecount/react'

export const BEAR = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
export const FOX = '50050002-aaaa-bbbb-cccc-ddddeeee0002'
export const WHALE = '50050003-aaaa-bbbb-cccc-ddddeeee0003'
export const BEAR_CAPTION = 'Oso polar en su habitat natural'

/** The polar bear's article in the view that is in front; kept-alive views have one too, hidden. */
export const bear = (page: Page): Locator =>
  page.getByRole('article', { name: BEAR_CAPTION }).filter({ visible: true }).last()

export const bearCount = (page: Page): Locator => bear(page).locator('[data-like-count]')

export const heart = (page: Page): Locator =>
  bear(page).getByRole('button', { name: `Like ${BEAR_CAPTION}`, exact: true })

/** Presses the heart and expects the next number at once: before any server could have answered. */
export async function press(page: Page, from: number, to: number): Promise<void> {
  await expect(bearCount(page)).toHaveText(String(from))
  // A press on a page whose scripts are still loading is answered when they are there: the tests of it are elsewhere.
  await expect.poll(() => heart(page).evaluate(isHydrated)).toBe(true)
  await heart(page).click()
  expect(await bearCount(page).textContent()).toBe(String(to))
}

/** Waits until the press of this page was acknowledged. */
export const saved = (page: Page): Promise<void> => shows(page, 'exact')

/** Presses the heart, and waits until the server has accepted the press. */
export async function pressAndSave(page: Page, method: 'PUT' | 'DELETE'): Promise<void> {
  const isAnswer = (response: Response) => response.request().method() === method && response.ok()
  await Promise.all([page.waitForResponse(isAnswer), heart(page).click()])
}

/** Waits for a text, which has to come within some milliseconds; what the machine sleeps through does not count. */
export async function expectWithin(ms: number, locator: Locator, text: string): Promise<void> {
  const began = awakeNow()
  await expect.poll(() => locator.textContent(), { intervals: [20] }).toBe(text)
  expect(awakeNow() - began).toBeLessThan(ms)
}

/** Names under which the browser keeps presses that Postgres is not known to hold. */
export const keptPresses = (page: Page): Promise<string[]> =>
  page.evaluate(() => Object.keys(localStorage).filter(name => name.startsWith('onecount:kept')))

/** Waits until the polar bear's number says this of itself. */
export async function shows(page: Page, status: LikesStatus): Promise<void> {
  await expect(bear(page).locator(`[data-status="${status}"]`)).toBeVisible()
}

/** Follows a link of the page, as a person does; the application navigates without loading a document. */
export async function follow(page: Page, href: string): Promise<void> {
  await page.locator(`a[href="${href}"]`).filter({ visible: true }).first().click()
  await page.waitForURL(`**${href}`)
}

/**
 * Resolves when this page hears of likes: it has joined every topic that it has asked for, or follows the rows. Call it
 * before the page is opened.
 */
export function realtimeReady(page: Page): Promise<void> {
  return new Promise(resolve => {
    page.on('websocket', socket => {
      // Of this socket: a page that is left before its joins are answered leaves none behind.
      const joining = new Set<string>()
      socket.on('framesent', ({ payload }) => {
        const { topic, event } = realtimeMessage(payload)
        if (event === 'phx_join' && topic.startsWith('realtime:likes:')) joining.add(topic)
      })
      socket.on('framereceived', ({ payload }) => {
        const { topic, event, body } = realtimeMessage(payload)
        if (body.message === 'Subscribed to PostgreSQL') resolve()
        const isJoined = event === 'phx_reply' && body.status === 'ok' && joining.delete(topic)
        if (isJoined && joining.size === 0) resolve()
      })
    })
  })
}

/** A frame of Supabase Realtime; one of another kind has no event. */
export function realtimeMessage(frame: string | Buffer) {
  try {
    const [, , topic, event, body] = JSON.parse(String(frame))
    return { topic: String(topic), event: String(event), body: (body ?? {}) as Record<string, unknown> }
  } catch {
    return { topic: '', event: '', body: {} as Record<string, unknown> }
  }
}

/** A button has its handlers. For `Locator.evaluate`. */
export const isHydrated = (element: Element): boolean =>
  Object.keys(element).some(key => key.startsWith('__reactProps'))
