import type { Connected } from '../../packages/onecount/src/cli/connect'
import { createProgress } from '../../packages/onecount/src/cli/progress'
import { type Difference, verifyAll } from '../../packages/onecount/src/cli/verify'

/** Posts that are named in a report, and sessions of each. */
const EXAMPLES = 10

export interface MigrationReport {
  dryRun: boolean
  /** Ended by Ctrl-C: what was moved stays, the comparison is not complete. */
  stopped: boolean
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

export interface MigrationOptions {
  dryRun: boolean
  pageSize: number
  signal: AbortSignal
}

/** Counts, moves and compares, each in pages of bounded size. @throws StoreUnavailable */
export async function migrate(stores: Connected, options: MigrationOptions): Promise<MigrationReport> {
  const { onecount } = stores
  const { signal, pageSize, dryRun } = options
  const started = Date.now()
  const report: MigrationReport = {
    dryRun,
    stopped: false,
    posts: 0,
    likes: 0,
    ratings: 0,
    alreadyThere: 0,
    verified: 0,
    mismatches: 0,
    examples: [],
    seconds: 0,
    peakMemoryMb: 0,
  }
  try {
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
  }
  report.seconds = Math.round((Date.now() - started) / 100) / 10
  report.peakMemoryMb = Math.round(process.resourceUsage().maxRSS / 1024)
  return report
}

async function countAll(
  { onecount, redis }: Connected,
  report: MigrationReport,
  pageSize: number,
  signal: AbortSignal,
): Promise<void> {
  // Nothing but numbers is held here, so pages are not cut by their ratings.
  for await (const page of onecount.pages({ pageSize, maxRatings: Number.POSITIVE_INFINITY, signal })) {
    const there = await redis.mget(page.map(post => onecount.stores.keys.likes(post.postId)))
    report.posts += page.length
    report.likes += page.reduce((sum, post) => sum + post.likes, 0)
    report.ratings += page.reduce((sum, post) => sum + post.ratings, 0)
    report.alreadyThere += there.filter(count => count !== null).length
  }
}

async function verify(
  { onecount, redis, toForget }: Connected,
  report: MigrationReport,
  pageSize: number,
  signal: AbortSignal,
): Promise<void> {
  const comparing = createProgress('comparing', report.posts)
  const { posts, differences } = await verifyAll(onecount, redis, {
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
