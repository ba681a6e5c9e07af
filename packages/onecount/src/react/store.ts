import type { QueryClient } from '@tanstack/react-query'
import { createBatcher } from './batcher'
import { Keeper } from './keeper'
import { KeptOps } from './kept-ops'
import { EMPTY_ENTRY, type LikeInput, type LikesEntry, mergeLikes, REGISTER_TTL_MS } from './registers'
import { LikesRefused, type LikesTransport } from './transport'

/** What a person wants a post to be, until the server has it. */
export interface Intent {
  liked: boolean
  /** Assigned once, by the press: every repeat carries the same one. */
  op: number
  phase: 'saving' | 'retrying'
  /** Sent again for what the server has lost: it answers once Postgres holds it. */
  ack?: 'postgres'
}

/** Why a press was not taken. */
export interface Refusal {
  code: string
  message: string
  retryAfterMs?: number
}

interface Press {
  intent?: Intent
  refusal?: Refusal
  sending: boolean
  failures: number
  retryTimer?: ReturnType<typeof setTimeout>
}

const RETRY_MS = 1000
const RETRY_MAX_MS = 15_000

/** The one query key of a post's likes. Nothing else holds a count. */
export const likesKey = (postId: string) => ['likes', postId] as const

/**
 * The client's likes: registers in the query cache, intents beside them. Lives as long as the query client, so a press
 * survives the page that it was made on. Everything that is heard comes in through `receive`.
 */
export class LikesStore {
  readonly #presses = new Map<string, Press>()
  /** By post, the newest input of which nobody can tell whether the person's own press is in it. */
  readonly #heldBack = new Map<string, LikeInput>()
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #acknowledged = new Set<(postId: string, input: LikeInput) => void>()
  /** Reads one post; what is asked for within a frame is one request. */
  readonly load: (postId: string) => Promise<LikeInput | undefined>
  /** Looks after presses that were answered, until they are durable. */
  readonly keeper: Keeper

  constructor(
    readonly queryClient: QueryClient,
    readonly transport: LikesTransport,
    ops = new KeptOps(),
  ) {
    this.load = createBatcher(ids => transport.read(ids))
    this.keeper = new Keeper({
      ops,
      read: postIds => this.#read(postIds),
      resend: (postId, op) => this.#resend(postId, op),
      isOnTheWay: postId => this.intent(postId) !== undefined,
    })
  }

  entry(postId: string): LikesEntry | undefined {
    return this.queryClient.getQueryData<LikesEntry>(likesKey(postId))
  }

  intent = (postId: string): Intent | undefined => this.#presses.get(postId)?.intent
  refusal = (postId: string): Refusal | undefined => this.#presses.get(postId)?.refusal

  /**
   * Merges an input into a post's registers; `at` is when it was asked for, for one that nobody asked for when it was
   * heard, milliseconds since 1970. A count waits while nobody could tell whether the person's own press is in it: it
   * comes without liked while an intent is open, or what was acknowledged is not known to be durable and not in it.
   */
  receive(postId: string, input: LikeInput, at = Date.now()): void {
    const hasPress = this.keeper.heard(postId, input, at)
    this.#yield(postId, input)
    const isOpen = this.intent(postId) !== undefined
    const isExplained = typeof input.liked === 'boolean' ? isOpen || hasPress : hasPress && !isOpen
    if (typeof input.count === 'number' && !isExplained) {
      this.#holdBack(postId, input)
      return
    }
    this.#put(postId, entry => mergeLikes(entry, input, at))
    if (hasPress && !isOpen) this.#release(postId)
  }

  /**
   * Merges a page's payload. It may be old, so it does not count as having read the post, and what is no news changes
   * nothing. A press that is kept and not in it is shown: from an earlier page it is sent again for that.
   */
  seed(postId: string, input: LikeInput): void {
    const entry = this.entry(postId)
    if (!entry) return
    const kept = this.keeper.keptOp(postId)
    if (kept > (input.op ?? 0)) {
      if (kept > entry.op) this.#resend(postId, kept)
      return
    }
    const isNewCount = entry.count === null || input.rev > entry.countRev
    const isNewHeart =
      typeof input.liked === 'boolean' && (entry.liked === null || input.rev > entry.likedRev)
    if (!isNewCount && !isNewHeart) return
    const news = { ...input, count: isNewCount ? input.count : undefined, cached: true }
    const { dataUpdatedAt } = this.queryClient.getQueryState(likesKey(postId))!
    this.#put(postId, entry => mergeLikes(entry, news, Date.now()), dataUpdatedAt)
  }

  /**
   * Merges an event about a post that some view has asked for. It may have been long on its way: where it would win by
   * the age of what is known alone, the server is asked instead.
   */
  hint(postId: string, input: LikeInput): void {
    const entry = this.entry(postId)
    if (!entry) return
    const isUnreachable = this.queryClient.getQueryState(likesKey(postId))?.status === 'error'
    if (input.rev > entry.countRev) this.receive(postId, { ...input, cached: true })
    else if (input.rev < entry.countRev && Date.now() - entry.countAt > REGISTER_TTL_MS && !isUnreachable)
      this.queryClient.refetchQueries(
        { queryKey: likesKey(postId), type: 'active' },
        { cancelRefetch: false },
      )
  }

  /** There is no such post, or no more: nothing is known of it. */
  gone(postId: string): void {
    this.keeper.refused(postId, this.keeper.keptOp(postId))
    if (this.entry(postId)) this.#put(postId, () => EMPTY_ENTRY)
  }

  /** The person presses: shown at once, sent as soon as nothing of this post is on its way. */
  press(postId: string, liked: boolean): void {
    const press = this.#press(postId)
    const entry = this.entry(postId)
    const known = Math.max(press.intent?.op ?? 0, entry?.op ?? 0, this.keeper.keptOp(postId))
    // After whatever the person has seen, however far this clock is behind.
    const t = Math.max(this.transport.now(), Math.floor(known / 2) + 1, (entry?.countRev ?? 0) + 1)
    press.intent = { liked, op: 2 * t + Number(liked), phase: 'saving' }
    press.refusal = undefined
    press.failures = 0
    this.keeper.pressed(postId, press.intent.op)
    this.#notify(postId)
    this.#send(postId)
  }

  /** Tries an unsaved press again now. */
  retry(postId: string): void {
    this.#send(postId)
  }

  /** Tries every unsaved press again now: the network is back, or the page is. */
  retryAll(): void {
    for (const [postId, press] of this.#presses) if (press.intent?.phase === 'retrying') this.#send(postId)
  }

  /** The person has read why the last press was refused. */
  dismiss(postId: string): void {
    const press = this.#presses.get(postId)
    if (!press?.refusal) return
    press.refusal = undefined
    this.#notify(postId)
  }

  /** Reads every post that is on screen again, in one request. A read that is under way is too old for this. */
  refreshActive(): void {
    this.queryClient.refetchQueries({ queryKey: ['likes'], type: 'active' })
  }

  /** Calls back when the intent or the refusal of a post changes. */
  subscribe(postId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(postId) ?? new Set()
    this.#listeners.set(postId, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  /** Calls back with every answer to a press of this page. */
  onAcknowledged(listener: (postId: string, input: LikeInput) => void): () => void {
    this.#acknowledged.add(listener)
    return () => this.#acknowledged.delete(listener)
  }

  #press(postId: string): Press {
    const press = this.#presses.get(postId) ?? { sending: false, failures: 0 }
    this.#presses.set(postId, press)
    return press
  }

  /** What the server has lost: shown as it was, until it is durable. */
  #resend(postId: string, op: number): void {
    const press = this.#press(postId)
    if (press.intent) return
    press.intent = { liked: op % 2 === 1, op, phase: 'saving', ack: 'postgres' }
    press.failures = 0
    this.#notify(postId)
    this.#send(postId)
  }

  /** Reads posts whether or not they are on screen, together with those that are. @throws LikesUnreachable */
  async #read(postIds: string[]): Promise<void> {
    const asked = Date.now()
    const read = async (postId: string) => {
      const input = await this.load(postId)
      if (input) this.receive(postId, input, asked)
      else this.gone(postId)
    }
    await Promise.all(postIds.map(read))
  }

  async #send(postId: string): Promise<void> {
    const press = this.#press(postId)
    if (!press.intent || press.sending) return
    clearTimeout(press.retryTimer)
    const { op, liked, ack } = press.intent
    const at = Date.now()
    press.sending = true
    try {
      this.#accept(postId, press, op, await this.transport.write(postId, liked, op, { ack }), at)
    } catch (error) {
      this.#fail(postId, press, op, error)
    }
    press.sending = false
    // A newer press waited for this one.
    if (press.intent && press.intent.op !== op) this.#send(postId)
    else if (!press.intent && !press.refusal) this.#presses.delete(postId)
  }

  /** Registers first, then the intent goes: in between they say the same. */
  #accept(postId: string, press: Press, op: number, answer: LikeInput & { op: number }, at: number): void {
    const input = this.#complete(postId, answer)
    // An answer whose op is news here is newer than what the registers hold, whatever their revision says.
    const isNews = (this.entry(postId)?.op ?? 0) < answer.op
    this.#put(postId, entry =>
      mergeLikes(isNews ? { ...(entry ?? EMPTY_ENTRY), countRev: 0, likedRev: 0 } : entry, input, at),
    )
    press.failures = 0
    this.keeper.acknowledged(postId, op, answer)
    if (press.intent?.op === op) this.#close(postId, press)
    for (const listener of this.#acknowledged) listener(postId, input)
  }

  /** Where the server took the press and could not count, the shown count stays. */
  #complete(postId: string, answer: LikeInput): LikeInput {
    const entry = this.entry(postId)
    if (typeof answer.count === 'number' || typeof entry?.count !== 'number') return answer
    const delta = Number(answer.liked ?? false) - Number(entry.liked ?? false)
    return { ...answer, count: entry.count + delta, rev: answer.rev || entry.countRev, source: 'last-known' }
  }

  #fail(postId: string, press: Press, op: number, error: unknown): void {
    if (press.intent?.op !== op) return
    // What is sent again, or may have arrived before, is not given up for coming too soon.
    const isRepeat = press.intent.ack || press.failures > 0
    const isLater = isRepeat && error instanceof LikesRefused && error.retryAfterMs
    if (error instanceof LikesRefused && !isLater) {
      const { code, message, retryAfterMs } = error
      // What is sent again nobody has pressed now.
      if (!press.intent.ack) press.refusal = { code, message, retryAfterMs }
      this.keeper.refused(postId, op)
      this.#close(postId, press)
      // An earlier press may have arrived, and only its answer have been lost.
      this.#read([postId]).catch(() => {})
      return
    }
    press.intent = { ...press.intent, phase: 'retrying' }
    press.failures++
    const pause = Math.min(RETRY_MS * 2 ** (press.failures - 1), RETRY_MAX_MS)
    press.retryTimer = setTimeout(() => this.#send(postId), Math.max(pause, isLater || 0))
    this.#notify(postId)
  }

  /** A newer press of the session, made elsewhere, has won over the one that is on its way. */
  #yield(postId: string, { op }: LikeInput): void {
    const press = this.#presses.get(postId)
    if (!press?.intent || (op ?? 0) <= press.intent.op) return
    clearTimeout(press.retryTimer)
    this.#close(postId, press)
    if (!press.sending && !press.refusal) this.#presses.delete(postId)
  }

  #close(postId: string, press: Press): void {
    press.intent = undefined
    this.#release(postId)
    this.#notify(postId)
  }

  #holdBack(postId: string, input: LikeInput): void {
    const isOpen = this.intent(postId) !== undefined
    // What is no news needs no explanation.
    if (!isOpen && input.rev <= (this.entry(postId)?.countRev ?? 0)) return
    const isNewest = input.rev >= (this.#heldBack.get(postId)?.rev ?? 0)
    // An answer is asked for again instead: it will say both.
    if (isNewest && typeof input.liked !== 'boolean') this.#heldBack.set(postId, input)
    if (!isOpen) this.keeper.askSoon()
  }

  #release(postId: string): void {
    const heldBack = this.#heldBack.get(postId)
    if (!heldBack) return
    this.#heldBack.delete(postId)
    this.receive(postId, heldBack)
  }

  #put(postId: string, merge: (entry: LikesEntry | undefined) => LikesEntry, updatedAt?: number): void {
    const entry = this.entry(postId)
    const next = merge(entry)
    if (next !== entry) this.queryClient.setQueryData<LikesEntry>(likesKey(postId), next, { updatedAt })
  }

  #notify(postId: string): void {
    for (const listener of this.#listeners.get(postId) ?? []) listener()
  }
}
