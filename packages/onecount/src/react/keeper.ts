import type { KeptOp, KeptOps } from './kept-ops'
import type { LikeInput } from './registers'

export interface KeeperOptions {
  ops: KeptOps
  /** Reads these posts, and hands what was heard to `heard`; rejects when the server cannot be reached, or refuses. */
  read(postIds: string[]): Promise<void>
  /** Sends a press again, asking for durability. */
  resend(postId: string, op: number): void
  /** A press of this post is on its way: its answer will say more. */
  isOnTheWay(postId: string): boolean
  /** Whether an op that a storage holds can be a press; without it each is. */
  isCredible?(postId: string, op: number): boolean
  /** Makes a press anew whose op is of no use, of a post that this session has not pressed as far as the server knows. */
  restamp?(postId: string, liked: boolean): void
  /** For ages, milliseconds; it does not go back. */
  now?(): number
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
 * Keeps this browser's presses until Postgres holds them. A server that answers with an older op of the session than one
 * that it had acknowledged has lost it: the press is sent again, the same op, so it counts once however often.
 */
export class Keeper {
  /** The op that was acknowledged last, and when: what was asked for before says nothing about it. */
  readonly #acknowledged = new Map<string, KeptOp>()
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

  /** A press that nobody has confirmed yet may have to be sent again. */
  isKept = (postId: string): boolean => this.keptOp(postId) > 0

  /** The op of that press, 0 for none. */
  keptOp = (postId: string): number => this.#kept(postId)?.op ?? 0

  pressed(postId: string, op: number): void {
    const { ops } = this.options
    const stored = ops.get(postId)
    if (stored && !this.isKept(postId)) ops.forget(postId, stored.op)
    ops.keep(postId, op)
  }

  /** The server has answered a press. */
  acknowledged(postId: string, op: number, answer: LikeInput & { op: number }): void {
    if (answer.durable || answer.op !== op) this.#forget(postId, op)
    // A server that does not refuse an op of the future has stored another in its place.
    if (answer.op < op && !answer.durable) this.options.ops.keep(postId, answer.op)
    if (!this.isKept(postId)) return
    this.#acknowledged.set(postId, { op: Math.min(op, answer.op), at: this.#now() })
    this.#pause = CONFIRM_MS
    this.#askIn(CONFIRM_MS)
  }

  /** The server will not have it. An earlier press that it did take is still to be looked after. */
  refused(postId: string, op: number): void {
    const earlier = this.#acknowledged.get(postId)
    this.#forget(postId, op)
    if (!earlier || earlier.op >= op || this.isKept(postId)) return
    this.options.ops.keep(postId, earlier.op)
    this.#acknowledged.set(postId, earlier)
    this.#askIn(CONFIRM_MS)
  }

  /**
   * What the server said of the session; `at`: when it was asked, milliseconds since 1970. False: the press is not, or
   * may not be, in what was heard.
   */
  heard(postId: string, { op, liked, durable }: LikeInput, at: number): boolean {
    const kept = this.#kept(postId)
    if (!kept) {
      if (op !== undefined && typeof liked === 'boolean') this.#drop(postId, op)
      return true
    }
    if (op === undefined || typeof liked !== 'boolean') return false
    const known = op ?? 0
    if (known > kept.op || (known === kept.op && durable)) this.#forget(postId, kept.op)
    if (known >= kept.op) return true
    if (at > (this.#acknowledged.get(postId)?.at ?? 0)) this.options.resend(postId, kept.op)
    return false
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
    const { ops, isOnTheWay } = this.options
    this.#due = Number.POSITIVE_INFINITY
    const asked = performance.now()
    this.#apart =
      asked - this.#askedAt > 2 * APART_MAX_MS ? APART_MS : Math.min(2 * this.#apart, APART_MAX_MS)
    this.#askedAt = asked
    const posts = ops.posts()
    if (posts.length === 0) return
    const waiting = posts.filter(postId => !isOnTheWay(postId)).slice(0, MAX_POSTS)
    this.#isAsking = true
    this.#hasFailed = !(await this.#read(waiting))
    this.#isAsking = false
    if (ops.posts().length === 0) return
    const isEager = this.#isEager && !this.#hasFailed
    this.#isEager = false
    this.#askIn(isEager ? this.#apart : this.#pause)
    if (!isEager) this.#pause = Math.min(2 * this.#pause, CONFIRM_MAX_MS)
  }

  /** Whether the server has answered. It refuses a whole question for one id that no post of its kind can have. */
  async #read(postIds: string[]): Promise<boolean> {
    try {
      await this.options.read(postIds)
      return true
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'invalid_post_id') return false
    }
    const half = postIds.length >> 1
    if (half > 0) return (await this.#read(postIds.slice(0, half))) && this.#read(postIds.slice(half))
    this.#forget(postIds[0]!, Number.POSITIVE_INFINITY)
    return true
  }

  /** The press that is kept, if it can be one. */
  #kept(postId: string): KeptOp | undefined {
    const kept = this.options.ops.get(postId)
    return kept && (this.options.isCredible?.(postId, kept.op) ?? true) ? kept : undefined
  }

  /**
   * A press whose op lies in the future was made with a wrong clock: how it stands to the other presses of the session
   * cannot be told any more, so it counts only where there is none.
   */
  #drop(postId: string, known: number | null): void {
    const kept = this.options.ops.get(postId)
    if (!kept || this.options.isOnTheWay(postId)) return
    this.#forget(postId, kept.op)
    if (known === null) this.options.restamp?.(postId, kept.op % 2 === 1)
  }

  #now = (): number => this.options.now?.() ?? Date.now()

  #forget(postId: string, op: number): void {
    this.options.ops.forget(postId, op)
    if (!this.isKept(postId)) this.#acknowledged.delete(postId)
  }
}
