import { inRedis } from '../compare/compare'
import { type Difference, verifyAll } from '../compare/verify'
import type { Connected } from './connect'
import { createProgress } from './progress'
import { NOTHING, type Repaired, type RepairOptions, repairAll, repairedPosts, repairedRows } from './repair'
import { formatTable } from './table'

/** Posts that are named in a report, and sessions of each. */
const EXAMPLES = 10

export interface BackfillReport {
  dryRun: boolean
  /** Ended by Ctrl-C: what was moved stays, the comparison is not complete. */
  stopped: boolean
  /** What was wrong in Postgres and is repaired, or would be in a dry run. */
  repaired: Repaired
  posts: number
  likes: number
  ratings: number
  /** Posts that Redis held already. */
  alreadyThere: number
  verified: number
  mismatches: number
  /** The first ten. */
  examples: Difference[]
  seconds: number
  /** Most memory this process ever held, MiB. */
  peakMemoryMb: number
}

export interface BackfillOptions {
  dryRun: boolean
  pageSize: number
  signal: AbortSignal
}

/** A report of nothing done yet. */
export const emptyReport = (dryRun: boolean): BackfillReport => ({
  dryRun,
  stopped: false,
  repaired: { ...NOTHING },
  posts: 0,
  likes: 0,
  ratings: 0,
  alreadyThere: 0,
  verified: 0,
  mismatches: 0,
  examples: [],
  seconds: 0,
  peakMemoryMb: 0,
})

/**
 * Repairs Postgres, counts, moves and compares, each in pages of bounded size. `report` is filled in as it goes, also
 * where it throws. @throws StoreUnavailable
 */
export async function backfillAll(
  stores: Connected,
  options: BackfillOptions,
  report: BackfillReport,
): Promise<void> {
  const { onecount } = stores
  const { signal, pageSize, dryRun } = options
  const started = Date.now()
  try {
    await repair(stores, report, signal)
    await countAll(stores, report, pageSize, signal)
    if (!dryRun) {
      const moving = createProgress('moving', report.posts)
      const { posts } = await onecount.hydrateAll({
        pageSize,
        signal,
        onPage: done => moving.update(done.posts),
      })
      moving.end(posts)
      await verify(stores, report, pageSize, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
    report.stopped = true
  } finally {
    report.seconds = Math.round((Date.now() - started) / 100) / 10
    report.peakMemoryMb = Math.round(process.resourceUsage().maxRSS / 1024)
  }
}

async function repair(
  { repair, onecount }: Connected,
  { repaired, dryRun }: BackfillReport,
  signal: AbortSignal,
): Promise<void> {
  const checking = createProgress('checking', null)
  let looked = 0
  const onPage: RepairOptions['onPage'] = done => {
    if (done.step !== 'posts') return checking.share(done.step, done.share)
    looked = done.posts
    checking.update(looked)
  }
  try {
    await repairAll(repair, { dryRun, signal, onPage }, repaired)
  } catch (error) {
    // A page that was repaired stays so, whatever ended the work.
    const rows = repairedRows(repaired)
    if (!signal.aborted && rows.length > 0)
      console.error(`Repaired before it stopped:\n${formatTable(rows, [1])}`)
    throw error
  }
  checking.end(looked)
  // Redis forgets the posts that were repaired before they are moved.
  if (!dryRun && repairedPosts(repaired) > 0)
    while (!signal.aborted && (await onecount.drainer.flush()).more) checking.update(looked)
}

async function countAll(
  { onecount }: Connected,
  report: BackfillReport,
  pageSize: number,
  signal: AbortSignal,
): Promise<void> {
  for await (const page of onecount.pages({ pageSize, signal })) {
    const there = await inRedis(
      onecount,
      page.map(post => post.postId),
    )
    report.posts += page.length
    report.likes += page.reduce((sum, post) => sum + post.likes, 0)
    report.ratings += page.reduce((sum, post) => sum + post.ratings, 0)
    report.alreadyThere += there.size
  }
}

async function verify(
  { onecount, toForget }: Connected,
  report: BackfillReport,
  pageSize: number,
  signal: AbortSignal,
): Promise<void> {
  const comparing = createProgress('comparing', report.posts)
  const { posts, differences } = await verifyAll(onecount, {
    pageSize,
    toForget,
    signal,
    onPage: done => comparing.update(done.posts),
    coldIsDifferent: true,
    onDifference({ onlyRedis, onlyPostgres, ...difference }) {
      if (report.examples.length >= EXAMPLES) return
      report.examples.push({
        ...difference,
        onlyRedis: onlyRedis.slice(0, EXAMPLES),
        onlyPostgres: onlyPostgres.slice(0, EXAMPLES),
      })
    },
  })
  comparing.end(posts)
  report.verified = posts
  report.mismatches = differences
}
