import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, type Page, test } from '@playwright/test'
import type { AxeResults } from 'axe-core'
import type { WebReport } from '../bench/web'
import { PAGES } from './support/pages'
import { outcome, pressHearts, question, signUp } from './support/signing-in'
import { startApp, type TestStack } from './support/stack'
import { BEAR } from './support/views'

const PATHS = [...PAGES, '/offline', '/sign-in?new=1&problem=exists']
const LOOKS = [
  { colorScheme: 'light' },
  { colorScheme: 'dark' },
  { colorScheme: 'light', forcedColors: 'active' },
] as const

const SECRET = 'a-secret-of-operators-in-tests'

let stack: TestStack
test.beforeAll(async () => {
  stack = await startApp({ env: { ONECOUNT_OPS_SECRET: SECRET } })
})
test.afterAll(() => stack.stop())

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds on the page that is open: the rule, and the elements. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  )
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(', ')}`)
}

for (const width of [390, 1280])
  for (const look of LOOKS) {
    const colours = 'forcedColors' in look ? 'forced colours' : look.colorScheme
    test(`axe finds nothing on any page at ${width} px, ${colours}`, async ({ page }) => {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ ...look, reducedMotion: 'reduce' })
      for (const path of [...PATHS, '/ops']) {
        await page.goto(stack.url + path, { waitUntil: 'networkidle' })
        expect.soft(await violations(page), path).toEqual([])
      }
      // Its form was looked at; now the page behind it.
      await page.getByLabel('ONECOUNT_OPS_SECRET').fill(SECRET)
      await page.getByRole('button', { name: 'Open', exact: true }).click()
      await expect(page.getByRole('heading', { level: 1, name: 'Operations' })).toBeVisible()
      expect.soft(await violations(page), 'operations').toEqual([])
      await pressHearts(page, stack.url, BEAR)
      await signUp(page, stack.url)
      await expect(question(page)).toBeVisible()
      expect.soft(await violations(page), 'the question').toEqual([])
      await page.getByRole('button', { name: 'Add 1 like' }).click()
      await expect(outcome(page)).toBeVisible()
      expect.soft(await violations(page), 'the answer').toEqual([])
    })
  }

/** React and the router of Next are 132 kB of it, as compressed by `next start`. */
const MOST_SCRIPTS_KB = 170
/** Of Realtime, after the page. */
const MOST_LATER_KB = 60

test('pages stay within their budget of JavaScript, and nothing moves', async () => {
  // The command itself, as `npm run bench` runs it.
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', 'bench/main.ts', 'web', '--rounds', '1', '--json'],
    { cwd: join(import.meta.dirname, '..') },
  )
  const { pages } = JSON.parse(stdout) as WebReport
  const loads = Object.entries(pages).flatMap(([name, widths]) =>
    Object.entries(widths).map(([width, load]) => ({ ...load, page: `${name} ${width}` })),
  )
  expect(loads.filter(({ scriptsKb }) => scriptsKb > MOST_SCRIPTS_KB)).toEqual([])
  expect(loads.filter(({ laterKb }) => laterKb > MOST_LATER_KB)).toEqual([])
  expect(loads.filter(({ shift }) => shift > 0)).toEqual([])
  for (const { lcpMs, scriptsKb, laterKb } of loads) {
    expect(lcpMs).toBeGreaterThan(0)
    expect(scriptsKb).toBeGreaterThan(100)
    expect(laterKb).toBeGreaterThan(0)
  }
})
