import type { QueryClient } from '@tanstack/react-query'
import { createBatcher } from './batcher'
import { afterOp, isCredible, isCredibleOp, sound, stampOp } from './credible'
import { Keeper } from './keeper'
import { browserStorage, KeptOps } from './kept-ops'
import { Outbox } from './outbox'
import { Reading } from './reading'
import {
  ALL_LIKES,
  EMPTY_ENTRY,
  type LikeInput,
  type LikesEntry,
  likesKey,
  mergeConsistently,
} from './registers'
import { SteadyClock } from './steady-clock'
import { type LikesTransport, serverTime } from './transport'

export type { Intent, Refusal } from './outbox'

export { likesKey }

/**
 * The client's likes: registers in the query cache, intents beside them. Lives as long as the query client, so a press
 * survives the page that it was made on. Answers come in through `receive`; what others say, through `seed`, `hear`
 * and `hint` of `onecount/react/realtime`, which believe nothing that the server cannot have said.
 */
export class LikesStore {
  /** For every age; the device's clock may be set while the page is open. */
  readonly clock = new SteadyClock()
  /** By post, the newest input of which it cannot be told whether the person's own press is in it. */
  readonly #heldBack = new Map<string, LikeInput>()
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #acknowledged = new Set<(postId: string, input: LikeInput) => void>()
  readonly #outbox: Outbox
  /** Reads one post; what is asked for within a frame is one request. */
  readonly load: (postId: string) => Promise<LikeInput | undefined>
  /** Looks after presses that were answered, until they are durable. */
  readonly keeper: Keeper
  /** When what is on screen is read again. */
  readonly reading: Reading

  constructor(
    readonly queryClient: QueryClient,
    readonly transport: LikesTransport,
    ops = new KeptOps(browserStorage(), () => serverTime(transport), transport.address),
  ) {
    const now = () => this.clock.now()
    this.load = createBatcher(ids => transport.read(ids))
    this.keeper = new Keeper({
      ops,
      now,
      read: postIds => this.#read(postIds),
      resend: (postId, op) => this.#outbox.resend(postId, op),
      isOnTheWay: postId => this.intent(postId) !== undefined,
      isCredible: (postId, op) => isCredibleOp(op, this.entry(postId), serverTime(this.transport)),
      restamp: (postId, liked) => {
        const op = stampOp(liked, transport.now())
        this.keeper.pressed(postId, op)
        this.#outbox.resend(postId, op)
      },
    })
    this.#outbox = new Outbox({
      transport,
      now,
      pressed: (postId, op) => this.keeper.pressed(postId, op),
      refused: (postId, op) => this.keeper.refused(postId, op),
      answered: (postId, op, answer, at) => this.#accept(postId, op, answer, at),
      closed: postId => this.#release(postId),
      changed: postId => this.#notify(postId),
      reread: postId => void this.#read([postId]).catch(() => {}),
    })
    this.reading = new Reading({ queryClient, clock: this.clock, waitMs: () => transport.waitMs?.() ?? 0 })
  }

  entry(postId: string): LikesEntry | undefined {
    return this.queryClient.getQueryData<LikesEntry>(likesKey(postId))
  }

  intent = (postId: string) => this.#outbox.intent(postId)
  refusal = (postId: string) => this.#outbox.refusal(postId)

  /**
   * Merges an answer of the server; `at`: when the request was sent, or when an unsolicited event arrived (ms, by
   * `clock`). A count waits while it cannot be told whether the person's own press is in it: it comes without liked
   * while an intent is open, or what was acknowledged is not known to be durable and not in it.
   */
  receive(postId: string, said: LikeInput, at = this.clock.now()): void {
    const input = sound(said)
    const hasPress = this.keeper.heard(postId, input, at)
    this.#outbox.yieldTo(postId, input.op ?? 0)
    const isOpen = this.intent(postId) !== undefined
    const isExplained = typeof input.liked === 'boolean' ? isOpen || hasPress : hasPress && !isOpen
    if (typeof input.count === 'number' && !isExplained) {
      this.#holdBack(postId, input)
      return
    }
    const before = this.entry(postId)
    this.#put(postId, entry => mergeConsistently(entry, input, at))
    this.reading.heard(postId, input, at)
    if (typeof input.liked !== 'boolean') this.#explain(postId, input, before)
    if (hasPress && !isOpen) this.#release(postId)
  }

  /**
   * Merges a page's payload. It may be old, so it does not count as having read the post, and what is no news changes
   * nothing. A press that is kept and not in it is shown: from an earlier page it is sent again for that.
   */
  seed(postId: string, input: LikeInput): void {
    const entry = this.entry(postId)
    if (!entry || !isCredible(input, entry, serverTime(this.transport))) return
    const kept = this.keeper.keptOp(postId)
    if (kept > (input.op ?? 0)) {
      if (kept > entry.op) this.#outbox.resend(postId, kept)
      return
    }
    const isNewCount = entry.count === null || input.rev > entry.countRev
    const isNewHeart =
      typeof input.liked === 'boolean' && (entry.liked === null || input.rev > entry.likedRev)
    if (!isNewCount && !isNewHeart) return
    const news = { ...input, count: isNewCount ? input.count : undefined, cached: true }
    this.#put(postId, entry => mergeConsistently(entry, news, this.clock.now()), true)
  }

  /** What a payload says where nothing is known. One that the server cannot have said has no place in any order. */
  first(input: LikeInput): LikesEntry {
    const believed = isCredible(input, undefined, serverTime(this.transport))
      ? input
      : { ...sound(input), rev: 0, op: null }
    return mergeConsistently(undefined, believed, this.clock.now())
  }

  /** Merges what another tab of this browser was answered. It may have been asleep since. */
  hear(postId: string, input: LikeInput): void {
    const entry = this.entry(postId)
    if (!entry || !isCredible(input, entry, serverTime(this.transport))) return
    this.receive(postId, { ...input, cached: true })
    // A newer press whose revision is lower: a store was replaced, and only an answer tells what is true now.
    const isNewer = (input.op ?? 0) > entry.op
    if (isNewer && this.entry(postId)?.likedRev !== input.rev) this.reading.ask(postId, input.rev, true)
  }

  /** There is no such post, or no more: nothing is known of it. */
  gone(postId: string): void {
    this.keeper.refused(postId, this.keeper.keptOp(postId))
    this.reading.rereader?.gone(postId)
    if (this.entry(postId)) this.#put(postId, () => EMPTY_ENTRY)
  }

  /** The person presses: shown at once, sent as soon as nothing of this post is on its way. */
  press(postId: string, liked: boolean): void {
    const entry = this.entry(postId)
    const known = Math.max(entry?.op ?? 0, this.keeper.keptOp(postId))
    // After whatever the person has seen, however far this clock is behind.
    this.#outbox.press(postId, liked, Math.max(afterOp(known), (entry?.countRev ?? 0) + 1))
  }

  /** Tries an unsaved press again now. */
  retry = (postId: string): void => void this.#outbox.send(postId)
  /** Tries every unsaved press again now: the network is back, or the page is. */
  retryAll = (): void => this.#outbox.retryAll()
  /** The person has read why the last press was refused. */
  dismiss = (postId: string): void => this.#outbox.dismiss(postId)

  /**
   * Reads every post that a view shows again, in one request. A read that is under way is too old for this. `spreadMs`:
   * at some time within, and what can be seen alone, where many pages have the same reason in the same moment.
   */
  refreshActive(spreadMs = 0): void {
    if (spreadMs > 0) this.reading.refreshWithin(spreadMs)
    else this.queryClient.refetchQueries({ queryKey: ALL_LIKES, type: 'active' })
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

  /** A number has moved and the heart was not told of: the server knows whose press it was. */
  #explain(postId: string, { count, rev }: LikeInput, before: LikesEntry | undefined): void {
    if (!before || typeof count !== 'number' || rev <= before.likedRev) return
    // It may have been this session's own unlike, made elsewhere.
    const isUrgent = before.liked === true && (count === 0 || count < (before.count ?? 0))
    this.reading.ask(postId, rev, isUrgent)
  }

  /** Reads posts whether or not they are on screen, together with those that are. @throws LikesUnreachable */
  async #read(postIds: string[]): Promise<void> {
    const asked = this.clock.now()
    const read = async (postId: string) => {
      const input = await this.load(postId)
      if (input) this.receive(postId, input, asked)
      else this.gone(postId)
    }
    await Promise.all(postIds.map(read))
  }

  #accept(postId: string, op: number, said: LikeInput & { op: number }, at: number): void {
    const isSound = sound(said) === said
    const answer = isSound ? said : { ...sound(said), liked: op % 2 === 1, op }
    const input = this.#complete(postId, answer)
    // An answer whose op is news here is newer than what the registers hold, whatever their revision says.
    const isNews = (this.entry(postId)?.op ?? 0) < answer.op
    this.#put(postId, entry =>
      mergeConsistently(isNews ? { ...(entry ?? EMPTY_ENTRY), countRev: 0, likedRev: 0 } : entry, input, at),
    )
    this.reading.heard(postId, input, at)
    this.keeper.acknowledged(postId, op, answer)
    for (const listener of this.#acknowledged) listener(postId, input)
  }

  /** Where the server took the press and could not count, the shown count stays. */
  #complete(postId: string, answer: LikeInput): LikeInput {
    const entry = this.entry(postId)
    if (typeof answer.count === 'number' || typeof entry?.count !== 'number') return answer
    const delta = Number(answer.liked ?? false) - Number(entry.liked ?? false)
    return {
      ...answer,
      count: Math.max(0, entry.count + delta),
      rev: answer.rev || entry.countRev,
      source: 'last-known',
    }
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

  /** `keepsDate`: an input that does not count as having read the post. */
  #put(postId: string, merge: (entry: LikesEntry | undefined) => LikesEntry, keepsDate = false): void {
    const entry = this.entry(postId)
    const next = merge(entry)
    if (next === entry) return
    const updatedAt = keepsDate ? this.queryClient.getQueryState(likesKey(postId))?.dataUpdatedAt : undefined
    this.queryClient.setQueryData<LikesEntry>(likesKey(postId), next, { updatedAt })
  }

  #notify(postId: string): void {
    for (const listener of this.#listeners.get(postId) ?? []) listener()
  }
}
