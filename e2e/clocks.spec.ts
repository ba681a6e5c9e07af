import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { assertExplained } from './support/explain'
import { recordCounts } from './support/recorder'
import { startApp, type TestStack } from './support/stack'
import { BEAR, bearCount, heart, keptPresses, press, saved } from './support/views'

const YEAR_MS = 365 * 24 * 3600_000

/** One for all tests: each leaves the polar bear as it found it. */
let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp()
})
test.afterAll(() => stack?.stop())

/** Shifts what the pages of a context take for now; `window.shiftClock` sets it while a page is open. */
async function shiftClock(context: BrowserContext, offset: number): Promise<void> {
  await context.addInitScript(initial => {
    const RealDate = Date
    let offset = initial
    Object.assign(window, {
      shiftClock: (ms: number) => {
        offset = ms
      },
    })
    window.Date = new Proxy(RealDate, {
      construct: (target, args, newTarget) =>
        Reflect.construct(target, args.length === 0 ? [RealDate.now() + offset] : args, newTarget),
      apply: () => new RealDate(RealDate.now() + offset).toString(),
      get: (target, key) => (key === 'now' ? () => RealDate.now() + offset : Reflect.get(target, key)),
    })
  }, offset)
}

const setClock = (page: Page, ms: number) =>
  page.evaluate(ms => (window as unknown as { shiftClock(ms: number): void }).shiftClock(ms), ms)

/** Another browser of the same session presses, whose clock is right. */
async function pressElsewhere(context: BrowserContext, liked: boolean): Promise<void> {
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  const response = await fetch(`${stack.url}/api/likes/${BEAR}`, {
    method: liked ? 'PUT' : 'DELETE',
    headers: { cookie, origin: stack.url, 'content-type': 'application/json' },
    body: JSON.stringify({ op: 2 * Date.now() * 1000 + Number(liked) }),
  })
  expect(await response.json()).toMatchObject({ liked })
}

/** What everybody else is told. */
async function countElsewhere(): Promise<number> {
  const response = await fetch(`${stack.url}/api/likes?ids=${BEAR}`)
  return (await response.json()).likes[BEAR].count
}

async function expectShown(page: Page, count: number, liked: boolean): Promise<void> {
  await expect(bearCount(page)).toHaveText(String(count))
  await expect(heart(page)).toHaveAttribute('aria-pressed', String(liked))
}

for (const [name, offset] of [
  ['ahead', YEAR_MS],
  ['behind', -YEAR_MS],
] as const) {
  test(`a device whose clock is a year ${name}: press, undo and press count, and an undo on another device stays`, async ({
    context,
    page,
  }) => {
    await shiftClock(context, offset)
    const log = await recordCounts(context)
    await page.goto(`${stack.url}/`)
    expect(Math.abs((await page.evaluate(() => Date.now())) - Date.now() - offset)).toBeLessThan(60_000)
    /** Ops, and when they were sent. */
    const ops: [op: number, at: number][] = []
    page.on('request', request => {
      if (request.method() !== 'GET' && request.url().includes('/api/likes/'))
        ops.push([request.postDataJSON().op, Date.now()])
    })
    await press(page, 446, 447)
    await saved(page)
    await press(page, 447, 446)
    await saved(page)
    await press(page, 446, 447)
    await saved(page)
    for (const [op, at] of ops.slice(-3)) expect(Math.abs(op / 2 / 1000 - at)).toBeLessThan(30_000)

    expect(await countElsewhere()).toBe(447)
    await pressElsewhere(context, false)
    await expectShown(page, 446, false)
    await page.reload()
    await expectShown(page, 446, false)
    // Nothing is left to be sent again.
    await expect.poll(() => keptPresses(page)).toEqual([])
    expect(await countElsewhere()).toBe(446)
    assertExplained(log, { post: BEAR, counts: [446, 447, 446, 447, 446] })
  })
}

test('a press that a storage keeps from a clock a year ahead does not revive a like that was undone elsewhere', async ({
  context,
  page,
}) => {
  await page.goto(`${stack.url}/`)
  await pressElsewhere(context, true)
  await pressElsewhere(context, false)
  const at = Date.now() + YEAR_MS
  await page.evaluate(
    ([id, kept]) => localStorage.setItem(`onecount:kept:${id}`, kept!),
    [BEAR, `${2 * at * 1000 + 1}|${at}`],
  )
  const writes: string[] = []
  context.on('request', request => {
    if (request.method() !== 'GET') writes.push(request.url())
  })
  await page.reload()
  await expectShown(page, 446, false)
  await expect.poll(() => keptPresses(page)).toEqual([])
  await page.reload()
  await expectShown(page, 446, false)
  expect(writes).toEqual([])
})

for (const [name, step] of [
  ['forward', YEAR_MS],
  ['back', -YEAR_MS],
] as const) {
  test(`a clock that is set a year ${name} while the page is open: it counts and hears as before`, async ({
    context,
    page,
  }) => {
    await shiftClock(context, 0)
    await page.goto(`${stack.url}/`)
    await press(page, 446, 447)
    await saved(page)
    await setClock(page, step)
    await press(page, 447, 446)
    await saved(page)
    await press(page, 446, 447)
    await saved(page)
    await pressElsewhere(context, false)
    await expectShown(page, 446, false)
    await page.reload()
    await expectShown(page, 446, false)
  })
}
