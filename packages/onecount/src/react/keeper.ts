import { readByHalves } from './read-apart'

export interface KeeperOptions {
  /** Posts with a press that is kept, the oldest press first. */
  posts(): string[]
  /** Reads these posts; what is said of them tells what became of the presses. Rejects when the server does not answer. */
  read(postIds: string[]): Promise<void>
  /** A press of this post is on its way: its answer will say more. */
  isOnTheWay(postId: string): boolean
  /** The server can have no such post. */
  forget(postId: string): void
}

/** When Postgres is asked for the first time, and at the longest; milliseconds. */
const CONFIRM_MS = 3000
const CONFIRM_MAX_MS = 60_000
/** Two questions are at least this far apart, milliseconds: while events go on making the page ask, up to the second. */
const APART_MS = 250
const APART_MAX_MS = 4000
/** Posts in one request. */
const MAX_POSTS = 100

/**
 * Asks after the presses that this browser keeps, until Postgres holds them. A server that answers with an older op of
 * the session than one that it had acknowledged has lost it: the post sends it again, the same op.
 */
export class Keeper {
  #timer: ReturnType<typeof setTimeout> | undefined
  #due = Number.POSITIVE_INFINITY
  /** By `performance.now()`, as timers are. */
  #askedAt = Number.NEGATIVE_INFINITY
  #apart = APART_MS
  #pause = CONFIRM_MS
  #isRunning = false
  #isAsking = false
  /** Something was heard while a question was on its way, or the last one was not answered. */
  #isEager = false
  #hasFailed = false

  constructor(private readonly options: KeeperOptions) {}

  /** A press was acknowledged: whether it is durable is to be asked. */
  confirm(): void {
    this.#pause = CONFIRM_MS
    this.#askIn(CONFIRM_MS)
  }

  /** Asks as soon as it may: the page is back, or the network is. */
  askNow(): void {
    this.#hasFailed = false
    this.askSoon()
  }

  /** Asks as soon as it may, as something was heard that only an answer can explain. Not of a server that gives none. */
  askSoon(): void {
    if (this.#hasFailed) return
    this.#pause = CONFIRM_MS
    this.#isEager = this.#isAsking
    const since = performance.now() - this.#askedAt
    if (since > 2 * APART_MAX_MS) this.#apart = APART_MS
    this.#askIn(Math.max(0, this.#apart - since))
  }

  /** Also looks after what earlier pages have left. */
  start(): void {
    this.#isRunning = true
    this.askNow()
  }

  stop(): void {
    this.#isRunning = false
    clearTimeout(this.#timer)
    this.#due = Number.POSITIVE_INFINITY
  }

  /** An earlier question stands, and one is asked at a time. */
  #askIn(ms: number): void {
    const due = performance.now() + ms
    if (!this.#isRunning || this.#isAsking || due >= this.#due) return
    clearTimeout(this.#timer)
    this.#due = due
    this.#timer = setTimeout(() => this.#ask(), ms)
  }

  async #ask(): Promise<void> {
    const { posts, isOnTheWay } = this.options
    this.#due = Number.POSITIVE_INFINITY
    const asked = performance.now()
    this.#apart =
      asked - this.#askedAt > 2 * APART_MAX_MS ? APART_MS : Math.min(2 * this.#apart, APART_MAX_MS)
    this.#askedAt = asked
    const kept = posts()
    if (kept.length === 0) return
    const waiting = kept.filter(postId => !isOnTheWay(postId)).slice(0, MAX_POSTS)
    this.#isAsking = true
    this.#hasFailed = !(await this.#read(waiting))
    this.#isAsking = false
    if (posts().length === 0) return
    const isEager = this.#isEager && !this.#hasFailed
    this.#isEager = false
    this.#askIn(isEager ? this.#apart : this.#pause)
    if (!isEager) this.#pause = Math.min(2 * this.#pause, CONFIRM_MAX_MS)
  }

  /** Whether the server has answered. */
  #read(postIds: string[]): Promise<boolean> {
    const { read, forget } = this.options
    return readByHalves(postIds, read, forget).then(
      () => true,
      () => false,
    )
  }
}
