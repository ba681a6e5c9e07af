import type { Kind } from '../core/kind'
import { DEFAULT_KIND } from '../core/kind'
import { kindNames } from '../postgres/kind-names'
import { applyFor, codeOf, NOT_MIGRATED, Unreachable, whyOf } from './unreachable'

/** Calls one of the functions of 0011_repair.sql; arguments by name. @throws what the driver throws */
export type RepairRpc = (
  name: 'posts' | 'ratings' | 'tombstones' | 'constraints',
  args: Record<string, string | number | boolean | null>,
) => Promise<unknown>

/** What the repair changed, or would change: posts, then ratings, then rows of the engine's own tables. */
export interface Repaired {
  /** Posts without a number of likes. */
  likesMissing: number
  likesNegative: number
  /** Posts with fewer likes than rows. */
  likesBelowRatings: number
  /** Posts whose revision was negative or in the future. */
  revisions: number
  /** Ratings without an op. */
  opsMissing: number
  /** Ratings whose op was more than 5 seconds in the future: no press could beat it. */
  opsInFuture: number
  /** Ratings whose op was even, zero or negative. */
  opsInvalid: number
  /** Ratings without a session: each gets one of its own. */
  sessionsMissing: number
  /** Rows of like_tombstones and like_unseen whose op was in the future. */
  bookkeeping: number
  /** Pairs that had both a rating and a tombstone. */
  contradictions: number
  /** The constraint on ops was missing or not validated. */
  constraints: boolean
}

export type RepairedCounts = Omit<Repaired, 'constraints'>

export const NOTHING: Readonly<Repaired> = {
  likesMissing: 0,
  likesNegative: 0,
  likesBelowRatings: 0,
  revisions: 0,
  opsMissing: 0,
  opsInFuture: 0,
  opsInvalid: 0,
  sessionsMissing: 0,
  bookkeeping: 0,
  contradictions: 0,
  constraints: false,
}

export interface RepairOptions {
  dryRun: boolean
  /** Whose rows they are: its tables are named where something is in the way. The default kind. */
  kind?: Kind
  /** Posts in one transaction, 1,000. */
  pageSize?: number
  /** How long rows are waited for that another transaction holds, milliseconds, 60,000. */
  heldMs?: number
  signal?: AbortSignal
  /** After every page: posts looked at, or the share of a table from 0 to 1. */
  onPage?(done: { step: 'ratings' | 'tombstones'; share: number } | { step: 'posts'; posts: number }): void
}

/** Blocks of a table (8 KiB each) that one call looks at, and rows that it writes at most. */
const BLOCKS = 1024
const ROWS = 500
const HELD_PAUSE_MS = 50
/** A deadlock, a lock timeout, a serialization failure: the same page again. */
const AGAIN = ['40P01', '40001', '55P03']
const ATTEMPTS = 10

/**
 * Makes invariant 1 true of rows that the engine did not write. Every call is a transaction of a page, so it can be
 * stopped anywhere and run again, and two at once do no harm. Ratings come first: their sessions count.
 * `done` is filled as the work goes on, so that it holds after an error too. @throws the reason of `signal`; Error
 */
export async function repairAll(rpc: RepairRpc, options: RepairOptions, done: Repaired): Promise<void> {
  for (const step of ['ratings', 'tombstones'] as const) await repairBlocks(rpc, step, options, done)
  await repairPosts(rpc, options, done)
  const constraints = () => rpc('constraints', { p_dry_run: options.dryRun })
  done.constraints = (await again(constraints, options.kind)) as boolean
}

export type BlocksPage = { next: number | null; blocks: number; left: boolean } & Partial<RepairedCounts>

async function repairBlocks(
  rpc: RepairRpc,
  step: 'ratings' | 'tombstones',
  { dryRun, kind, heldMs = 60_000, signal, onPage }: RepairOptions,
  done: Repaired,
): Promise<void> {
  let heldSince: number | null = null
  for (let from: number | null = 0; from !== null; ) {
    signal?.throwIfAborted()
    const args = { p_from: from, p_blocks: BLOCKS, p_limit: ROWS, p_dry_run: dryRun }
    const { next, blocks, left, ...counts } = (await again(() => rpc(step, args), kind)) as BlocksPage
    add(done, counts)
    if (left) {
      heldSince ??= Date.now()
      if (Date.now() - heldSince > heldMs)
        throw new Error(
          `Another transaction has held rows of ${tablesOf(kind)[step]} for ${heldMs / 1000} s: end it (see pg_stat_activity) and run this again`,
        )
      await new Promise(resolve => setTimeout(resolve, HELD_PAUSE_MS))
    } else heldSince = null
    from = next
    onPage?.({ step, share: blocks === 0 ? 1 : Math.min(1, (next ?? blocks) / blocks) })
  }
}

export type PostsPage = { last: string | null; posts: number } & Partial<RepairedCounts>

async function repairPosts(
  rpc: RepairRpc,
  { dryRun, kind, signal, pageSize = 1000, onPage }: RepairOptions,
  done: Repaired,
): Promise<void> {
  let posts = 0
  for (let after: string | null = null; ; ) {
    signal?.throwIfAborted()
    const args = { p_after: after, p_until: null, p_limit: pageSize, p_dry_run: dryRun }
    const page = (await again(() => rpc('posts', args), kind)) as PostsPage
    if (page.last === null) return
    const { last, posts: looked, ...counts } = page
    add(done, counts)
    posts += looked
    after = last
    onPage?.({ step: 'posts', posts })
  }
}

/** The tables of both steps, as people know them. */
function tablesOf(kind = DEFAULT_KIND): Record<'ratings' | 'tombstones', string> {
  const { rows, own } = kindNames(kind)
  return { ratings: rows.replace(/^public\./, ''), tombstones: `${own}tombstones` }
}

async function again<T>(call: () => Promise<T>, kind?: Kind): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const code = codeOf(error)
      if (NOT_MIGRATED.includes(code))
        throw new Unreachable(`A migration is missing in Postgres (${whyOf(error)})`, applyFor(kind))
      if (attempt >= ATTEMPTS || !AGAIN.includes(code)) throw error
    }
  }
}

export function add(done: Repaired, counts: Partial<RepairedCounts>): void {
  for (const [kind, count] of Object.entries(counts) as [keyof RepairedCounts, number][]) done[kind] += count
}

export const repairedPosts = (repaired: Repaired): number =>
  repaired.likesMissing + repaired.likesNegative + repaired.likesBelowRatings + repaired.revisions

const WORDS: Record<keyof RepairedCounts, string> = {
  likesMissing: 'likes missing',
  likesNegative: 'likes below 0',
  likesBelowRatings: 'likes below rows',
  revisions: 'revisions',
  opsMissing: 'ops missing',
  opsInFuture: 'ops in the future',
  opsInvalid: 'ops invalid',
  sessionsMissing: 'sessions missing',
  bookkeeping: 'bookkeeping',
  contradictions: 'liked and unliked',
}

/** A line for each kind of which there was something. */
export function repairedRows(repaired: Repaired): [string, string][] {
  const rows = (Object.keys(WORDS) as (keyof RepairedCounts)[])
    .filter(kind => repaired[kind] > 0)
    .map((kind): [string, string] => [WORDS[kind], repaired[kind].toLocaleString('en')])
  return repaired.constraints ? [...rows, ['constraint', 'validated']] : rows
}
