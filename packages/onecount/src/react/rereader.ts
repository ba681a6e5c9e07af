import { between } from './between'
import type { LikeInput } from './registers'

export interface RereaderOptions {
  /** Reads these posts, in one request; resolves when it is over, whatever became of it. */
  read(postIds: string[]): Promise<unknown>
  /** The posts that a person sees now. */
  onScreen(): ReadonlySet<string>
  /** For ages, milliseconds. */
  now(): number
  /** For how long the server has asked not to be read, milliseconds. */
  waitMs(): number
}

interface Post {
  /** The event that only an answer explains: its revision, and when it came. */
  need?: { rev: number; since: number }
  /** Not before, milliseconds. */
  due: number
  readAt: number
  /** From one read to the next at least, milliseconds. */
  gap: number
}

/** After an event, milliseconds: everybody who sees the post hears of it in the same moment. */
const SPREAD = { soon: [50, 250], later: [100, 1000] } as const
/** A post that many people press is read less and less often, milliseconds. */
const GAP_MS = 1000
const GAP_MAX_MS = 8000

/**
 * Asks the server about posts of which an event has told a number and not whose press it was: it may have been this
 * session's own, made elsewhere. One request for all that wait; a post with many events is read at a bounded rate.
 */
export class Rereader {
  readonly #posts = new Map<string, Post>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #isReading = false

  constructor(private readonly options: RereaderOptions) {}

  /** An event of this revision is to be explained; `isUrgent`: it contradicts what is known. */
  ask(postId: string, rev: number, isUrgent = false): void {
    const now = this.options.now()
    const post = this.#posts.get(postId) ?? { due: 0, readAt: Number.NEGATIVE_INFINITY, gap: 0 }
    this.#posts.set(postId, post)
    const isQuiet = now - post.readAt > 2 * Math.max(post.gap, GAP_MS)
    if (isQuiet) post.gap = 0
    const due = Math.max(
      now + between(SPREAD[isUrgent ? 'soon' : 'later']),
      post.readAt + post.gap * between([1, 1.5]),
    )
    if (!post.need) post.due = due
    else if (isUrgent) post.due = Math.min(post.due, due)
    post.need = { rev: Math.max(rev, post.need?.rev ?? 0), since: now }
    this.#schedule()
  }

  /** What the server said of a post; `at`: when it was asked. */
  heard(postId: string, { rev, liked, cached }: LikeInput, at: number): void {
    const post = this.#posts.get(postId)
    if (!post?.need || typeof liked !== 'boolean') return
    if (rev >= post.need.rev || (!cached && at >= post.need.since)) post.need = undefined
  }

  /** There is no such post: no answer will come. */
  gone(postId: string): void {
    this.#posts.delete(postId)
  }

  /** Whether an event is still to be explained. */
  isWaiting = (postId: string): boolean => this.#posts.get(postId)?.need !== undefined

  /** What could not be seen can be. */
  resume(): void {
    this.#schedule()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Asked for with every event: what is on screen is looked up once, not once a post. */
  #waiting(): [string, Post][] {
    const asked = [...this.#posts].filter(([, { need }]) => need)
    if (asked.length === 0) return asked
    const seen = this.options.onScreen()
    return asked.filter(([postId]) => seen.has(postId))
  }

  #schedule(): void {
    this.stop()
    const waiting = this.#waiting()
    if (waiting.length === 0 || this.#isReading) return
    const due = Math.min(...waiting.map(([, post]) => post.due)) - this.options.now()
    this.#timer = setTimeout(() => this.#read(), Math.max(0, due, this.options.waitMs()))
  }

  async #read(): Promise<void> {
    const waiting = this.#waiting()
    if (waiting.length === 0) return
    if (this.options.waitMs() > 0) return this.#schedule()
    const now = this.options.now()
    for (const [, post] of waiting) {
      post.readAt = now
      post.gap = Math.min(Math.max(GAP_MS, 2 * post.gap), GAP_MAX_MS)
      post.due = now + post.gap * between([1, 1.5])
    }
    this.#isReading = true
    await this.options.read(waiting.map(([postId]) => postId)).catch(() => {})
    this.#isReading = false
    this.#schedule()
  }
}
