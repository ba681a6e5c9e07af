import type { BrowserContext, Page } from '@playwright/test'
import { type PageEntry, recordInPage } from './recorder-script'

/** One number that a view came to show, or one press of a like button. */
export interface Entry extends PageEntry {
  /** Number of the tab, from 1 in the order in which tabs first reported. */
  readonly tab: number
  /** The number in the text; null when there is none, as with a dash for unknown. */
  readonly count: number | null
}

/** Everything the tabs of one browser context have shown so far, in order. */
export interface CountLog {
  readonly entries: readonly Entry[]
  /** The entries of one post, by id or by label. */
  of(post: string): Entry[]
}

const BINDING = '__onecountReport'

/**
 * Starts recording in every present and future page of `context`, across navigations, reloads and new tabs. Call it
 * before the first `goto`: numbers that a document has shown before are not recorded.
 */
export async function recordCounts(context: BrowserContext): Promise<CountLog> {
  const entries: Entry[] = []
  const tabs = new Map<Page, number>()
  await context.exposeBinding(BINDING, ({ page }, entry: PageEntry) => {
    if (!tabs.has(page)) tabs.set(page, tabs.size + 1)
    entries.push({ ...entry, tab: tabs.get(page)!, count: parseCount(entry.text) })
  })
  await context.addInitScript(recordInPage, BINDING)
  return { entries, of: post => entriesOf(entries, post) }
}

/** The entries of one post, by id or by label. */
export function entriesOf(entries: readonly Entry[], post: string): Entry[] {
  return entries.filter(entry => entry.postId === post || entry.label === post)
}

/** The first whole number in a text, with or without separators between thousands: `1.234 likes` is 1234. */
export function parseCount(text: string): number | null {
  const digits = /\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+(?!\d)|\d+/.exec(text)?.[0]
  return digits === undefined ? null : Number(digits.replace(/\D/g, ''))
}
