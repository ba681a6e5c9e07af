import { compareAgain } from '../compare/verify'
import type { Onecount } from '../core/onecount'
import type { Reading } from './health-gauges'
import type { Recorder } from './recorder'

/** How the sample check goes. */
export interface SampleOptions {
  /**
   * Posts that one check compares. Half of them are those that were pressed last in this process.
   * @default 20
   */
  posts?: number
  /**
   * A check begins with the first scrape after this time, milliseconds.
   * @default 30_000
   */
  everyMs?: number
}

/** A check that takes longer is given up, milliseconds. */
const CHECK_MS = 10_000

/**
 * Compares the counts of a few posts of one kind between the stores, as `npx onecount verify` does, while metrics are
 * scraped. It costs two calls of Postgres and one of Redis for each partition that the posts are in; where a count
 * differs, it is drained and compared again before it is said to differ.
 */
export function createDriftCheck(
  engine: Onecount,
  recorder: Recorder,
  { posts = 20, everyMs = 30_000 }: SampleOptions = {},
) {
  const kind = engine.kind.name
  const checked = recorder.count('onecount_drift_checked_posts_total', { kind })
  const failures = recorder.count('onecount_drift_check_failures_total', { kind })
  /** The posts that were pressed last, in a ring: noting one stores a reference. */
  const pressed = new Array<string>(Math.ceil(posts / 2))
  let at = 0
  /** Where the rotating half begins; of UUIDs at a random one, so that processes look at different posts. */
  let after: string | null =
    engine.kind.target.id === 'uuid' && !engine.kind.variants ? crypto.randomUUID() : null
  let running = false
  let beganAt = Number.NEGATIVE_INFINITY
  let last: { differing: number; endedAt: number } | null = null

  async function choose(): Promise<string[]> {
    const recent = new Set(pressed.filter(id => id !== undefined))
    const { postgres } = engine.stores
    const wanted = posts - recent.size
    let page = await postgres.likes(after, wanted)
    // At the end it goes on from the beginning, so that each check compares something.
    if (page.length < wanted && after !== null) {
      for (const { postId } of page) recent.add(postId)
      page = await postgres.likes(null, wanted - page.length)
    }
    after = page.at(-1)?.postId ?? null
    for (const { postId } of page) recent.add(postId)
    return [...recent]
  }

  async function check(): Promise<void> {
    const signal = AbortSignal.timeout(CHECK_MS)
    const postIds = await choose()
    const { differences, cold } = await compareAgain(engine, postIds, { countsOnly: true, signal })
    checked.value += postIds.length - cold
    last = { differing: differences.length, endedAt: Date.now() }
  }

  /** Waits for nothing. While the drain is paused the stores cannot agree. */
  function begin(): void {
    const isPaused = engine.stores.partitions.some(({ pause }) => pause.cause() !== null)
    if (running || isPaused || !engine.hasRedis || performance.now() - beganAt < everyMs) return
    running = true
    beganAt = performance.now()
    check()
      .catch(() => void failures.value++)
      .finally(() => {
        running = false
      })
  }

  const readingOf = (value: number | undefined): Reading[] =>
    value === undefined ? [] : [{ labels: { kind }, value }]

  return {
    /** Notes a post that was pressed. */
    note(postId: string): void {
      pressed[at] = postId
      at = (at + 1) % pressed.length
    },

    /** What the last check that ended has found; nothing before the first one. Begins another one where it is due. */
    differing(): Reading[] {
      begin()
      return readingOf(last?.differing)
    },
    checkedAt: () => readingOf(last ? last.endedAt / 1000 : undefined),
  }
}

export type DriftCheck = ReturnType<typeof createDriftCheck>
