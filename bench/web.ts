import { cpus } from 'node:os'
import { type Browser, chromium, type Page } from '@playwright/test'
import { startApp } from '../e2e/support/stack'
import { CHROMIUM_ARGS, findChromium } from '../scripts/test/find-chromium'
import { median, round } from './statistics'

/** One opening of a page with empty caches. */
interface Loaded {
  /** When the largest part of the page was painted, milliseconds from the navigation on. */
  lcpMs: number
  firstByteMs: number
  /** Layout shift until the page is at rest. */
  shift: number
  /** JavaScript over the network, kB: scripts that the HTML names, and scripts that are loaded later. */
  scriptsKb: number
  laterKb: number
}

export interface WebReport {
  machine: string
  rounds: number
  pages: Record<string, Record<string, Loaded>>
}

/** The views of the post on which everything is tried. */
const PAGES = {
  feed: '/',
  rank: '/rank',
  profile: '/profile/lucia_nature',
  post: '/post/50050001-aaaa-bbbb-cccc-ddddeeee0001',
}
const WIDTHS = [390, 1280]

/** How quickly pages of the application are there, and what they weigh. Wants a production build. */
export async function web({ rounds }: { rounds: number }, say: (line: string) => void) {
  say('starting the application …')
  const stack = await startApp()
  const browser = await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_ARGS })
  try {
    const loads = new Map<string, Loaded[]>()
    for (let round = 0; round < rounds; round++) {
      for (const width of WIDTHS)
        for (const [name, path] of Object.entries(PAGES)) {
          const loaded = await open(browser, stack.url + path, width)
          loads.set(`${name} ${width}`, [...(loads.get(`${name} ${width}`) ?? []), loaded])
        }
      say(`${round + 1} of ${rounds} rounds`)
    }
    const pages = Object.fromEntries(
      Object.keys(PAGES).map(name => [
        name,
        Object.fromEntries(WIDTHS.map(width => [width, medians(loads.get(`${name} ${width}`)!)])),
      ]),
    )
    const report: WebReport = { machine: `${cpus().length} cores, Node ${process.version}`, rounds, pages }
    return { report, table: format(report) }
  } finally {
    await browser.close()
    await stack.stop()
  }
}

async function open(browser: Browser, url: string, width: number): Promise<Loaded> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, serviceWorkers: 'block' })
  try {
    const page = await context.newPage()
    // The last that a page loads is the client of Realtime.
    const socket = page.waitForEvent('websocket')
    const response = await page.goto(url)
    await socket
    await page.waitForLoadState('networkidle')
    return await measure(page, (await response!.text()).match(/\/_next\/static\/[^"'\\\s)]+\.js/g) ?? [])
  } finally {
    await context.close()
  }
}

/** Of a page at rest; `named`: paths of the scripts that its HTML names. */
async function measure(page: Page, named: string[]): Promise<Loaded> {
  // What runs in the page names no function: tsx would have it call a helper that is not there.
  const { firstByteMs, scripts, shifts, paints } = await page.evaluate(async () => {
    const seen: number[][] = []
    for (const type of ['layout-shift', 'largest-contentful-paint'])
      seen.push(
        await new Promise<number[]>(resolve => {
          new PerformanceObserver(list =>
            resolve(list.getEntries().map(entry => (entry as { value?: number }).value ?? entry.startTime)),
          ).observe({ type, buffered: true })
          // Nothing of the kind has happened.
          setTimeout(() => resolve([]), 200)
        }),
      )
    const [navigation] = performance.getEntriesByType('navigation') as [PerformanceNavigationTiming]
    return {
      firstByteMs: navigation.responseStart,
      scripts: (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
        .map(({ name, encodedBodySize }) => ({ path: new URL(name).pathname, kb: encodedBodySize / 1000 }))
        .filter(({ path }) => path.endsWith('.js')),
      shifts: seen[0]!,
      paints: seen[1]!,
    }
  })
  const kbOf = (isNamed: boolean) =>
    sum(scripts.filter(({ path }) => named.includes(path) === isNamed).map(({ kb }) => kb))
  return {
    firstByteMs,
    lcpMs: paints.at(-1) ?? Number.NaN,
    shift: sum(shifts),
    scriptsKb: kbOf(true),
    laterKb: kbOf(false),
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

function medians(loads: readonly Loaded[]): Loaded {
  const of = (name: keyof Loaded, digits: number) => round(median(loads.map(load => load[name])), digits)
  return {
    lcpMs: of('lcpMs', 0),
    firstByteMs: of('firstByteMs', 0),
    // The worst: a page may not move once in five times.
    shift: round(Math.max(...loads.map(({ shift }) => shift)), 4),
    scriptsKb: of('scriptsKb', 0),
    laterKb: of('laterKb', 0),
  }
}

function format({ machine, rounds, pages }: WebReport): string {
  const columns = ['first byte ms', 'LCP ms', 'most shift', 'scripts kB', 'later kB']
  const lines = Object.entries(pages).flatMap(([name, widths]) =>
    Object.entries(widths).map(([width, { firstByteMs, lcpMs, shift, scriptsKb, laterKb }]) =>
      [`${name}, ${width} px`.padEnd(16), ...[firstByteMs, lcpMs, shift, scriptsKb, laterKb].map(cell)].join(
        '',
      ),
    ),
  )
  return [
    `pages with empty caches, ${machine}; medians of ${rounds} openings in turns`,
    ' '.repeat(16) + columns.map(cell).join(''),
    ...lines,
  ].join('\n')
}

const cell = (value: string | number) => String(value).padStart(15)
