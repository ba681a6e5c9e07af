import { afterOp, isCredible, isCredibleOp, sound } from './credible'
import { background, later } from './later'
import { createOutbox } from './outbox'
import { contradict, EMPTY_ENTRY, type LikeInput, type LikesEntry, likesKey, mergeLikes } from './registers'
import type { LikesStore } from './store'
import { serverTime } from './transport'

/** A view that opens this soon after the last read takes what is there; milliseconds. */
const FRESH_MS = 2000

/** Where a post is shown. */
export interface View {
  element?: Element | null
  /** Until the browser has told, and where no element was given, a view that is mounted is seen. */
  isSeen: boolean
}

export type PostLikes = ReturnType<typeof createPost>

/**
 * The likes of one post: registers in the query cache, the person's intent and what the browser keeps of it beside
 * them. Answers come in through `receive`; what others say, through `seed`, through other tabs and `hint` of
 * `onecount/react/realtime`: these believe nothing that the server cannot have said.
 */
export function createPost(store: LikesStore, postId: string) {
  const { queryClient, transport, clock, ops } = store
  const queryKey = likesKey(postId, store.kind)
  const listeners = new Set<() => void>()
  /** The views that are mounted, and not in a hidden part of the page. */
  const views = new Set<View>()
  /** The op that was acknowledged last, and when: what was asked for before says nothing about it. */
  let acknowledged: { op: number; at: number } | undefined
  /** When the last answer was asked for. */
  let readAt = Number.NEGATIVE_INFINITY

  const entry = () => queryClient.getQueryData(queryKey) as LikesEntry | undefined
  const changed = () => {
    for (const listener of listeners) listener()
  }
  const [intent, refusal, press, send, resend, yieldTo, dismiss] = createOutbox(
    store,
    postId,
    keep,
    refused,
    answered,
    release,
    changed,
  )

  /** Merges into `known`; `updatedAt`: of the query, where an input does not count as having read the post. */
  function put(known: LikesEntry | undefined, input: LikeInput, at: number, updatedAt?: number): void {
    const next = merge(known, input, at)
    if (next !== entry()) queryClient.setQueryData(queryKey, next, { updatedAt })
  }

  /** The op of the press that may have to be sent again, as it is not known to be durable; 0 for none. */
  function keptOp(): number {
    const op = ops.get(postId)
    return isCredibleOp(op, entry(), serverTime(transport)) ? op : 0
  }

  function keep(op: number): void {
    if (keptOp() < op) ops.set(postId, op)
  }

  function forget(op: number): void {
    ops.forget(postId, op)
    if (!keptOp()) acknowledged = undefined
  }

  /** The server will not have it. An earlier press that it did take is still to be looked after. */
  function refused(op: number): void {
    if (acknowledged && acknowledged.op < op && ops.get(postId) <= op) ops.set(postId, acknowledged.op)
    else forget(op)
  }

  /** The server has answered a press. */
  function answered(op: number, said: LikeInput & { op: number }, at: number): void {
    const answer = sound(said) === said ? said : { ...sound(said), liked: op % 2 === 1, op }
    const known = entry()
    const input = background?.complete(answer, known) ?? answer
    // An answer whose op is news here is newer than what the registers hold, whatever their revision says.
    const isNews = (known?.op ?? 0) < answer.op
    put(isNews ? { ...EMPTY_ENTRY, ...known, countRev: 0, likedRev: 0 } : known, input, at)
    noteRead(input, at)
    if (answer.durable || answer.op !== op) forget(op)
    // A server that does not refuse an op of the future has stored another in its place.
    if (answer.op < op && !answer.durable) keep(answer.op)
    if (keptOp()) acknowledged = { op: Math.min(op, answer.op), at: clock.now() }
    later(({ lookAfter }) => lookAfter(store).answered(postId, input))
  }

  /** What the server said; `at`: when it was asked. */
  function noteRead(input: LikeInput, at: number): void {
    if (typeof input.liked === 'boolean' && !input.cached) readAt = at
    store.rereader?.heard(postId, input, at)
  }

  /** Whether the kept press is in what the server said; one that the server has lost is sent again, the same op. */
  function hasPress({ op, liked, durable }: LikeInput, at: number): boolean {
    const isAnswer = op !== undefined && typeof liked === 'boolean'
    const kept = keptOp()
    if (!kept) {
      if (isAnswer && ops.get(postId)) later(({ drop }) => drop(store, post, op))
      return true
    }
    if (!isAnswer) return false
    const known = op ?? 0
    if (known > kept || (known === kept && durable)) forget(kept)
    if (known >= kept) return true
    if (at > (acknowledged?.at ?? 0)) resend(kept)
    return false
  }

  function receive(said: LikeInput, at = clock.now()): void {
    const input = sound(said)
    const isIn = hasPress(input, at)
    yieldTo(input.op ?? 0)
    const { count, liked } = input
    const isOpen = intent() !== undefined
    const isAnswer = typeof liked === 'boolean'
    const known = entry()
    if (typeof count === 'number' && !(isAnswer ? isOpen || isIn : isIn && !isOpen)) {
      later(({ holdBack }) => holdBack(store, post, input))
      return
    }
    put(known, input, at)
    noteRead(input, at)
    if (!isAnswer) later(({ explain }) => explain(store, postId, input, known))
    if (isIn && !isOpen) release()
  }

  function release(): void {
    const input = post.heldBack
    post.heldBack = undefined
    if (input) receive(input)
  }

  const post = {
    postId,
    queryKey,
    views,
    /** The newest input of which it cannot be told whether the person's own press is in it. */
    heldBack: undefined as LikeInput | undefined,
    entry,
    put,
    keep,
    intent,
    refusal,
    keptOp,
    forget,
    resend,

    /**
     * Merges an answer of the server; `at`: when the request was sent, or when an unsolicited event arrived (ms, by the
     * store's clock). A count waits while it cannot be told whether the person's own press is in it: it comes without
     * liked while an intent is open, or what was acknowledged is not known to be durable and not in it.
     */
    receive,

    /**
     * Merges a page's payload. A press that is kept and not in it is shown: from an earlier page it is sent again for
     * that.
     */
    seed(input: LikeInput): void {
      const kept = keptOp()
      if (kept <= (input.op ?? 0)) later(({ seed }) => seed(store, post, input))
      else if (kept > (entry()?.op ?? 0)) resend(kept)
    },

    /** What a payload says where nothing is known. One that the server cannot have said has no place in any order. */
    first(input: LikeInput): LikesEntry {
      const believed = isCredible(input, undefined, serverTime(transport))
        ? input
        : { ...sound(input), rev: 0, op: null }
      return merge(undefined, believed, clock.now())
    },

    /** Reads the post anew, with all others that are asked for now. @returns whether there is such a post */
    async read(): Promise<boolean> {
      const asked = clock.now()
      const input = await store.load(postId)
      if (input) receive(input, asked)
      else {
        // Nothing is known of it any more.
        refused(keptOp())
        store.rereader?.gone(postId)
        if (entry()) queryClient.setQueryData(queryKey, EMPTY_ENTRY)
      }
      return input !== undefined
    },

    /** The person presses: shown at once, sent as soon as nothing of this post is on its way. */
    set(liked: boolean): void {
      const known = entry()
      // After whatever the person has seen, however far this clock is behind.
      press(liked, Math.max(afterOp(Math.max(known?.op ?? 0, keptOp())), (known?.countRev ?? 0) + 1))
    },

    toggle: () => post.set(!(intent() ?? entry())?.liked),
    /** Tries an unsaved press again now. */
    retry: () => void send(),
    /** The person has read why the last press was refused. */
    dismiss,

    /** Since when the post was not read, milliseconds. */
    age: () => clock.now() - readAt,

    /** Whether the post was read so lately that a view of it need not read it again. */
    isFresh: () => post.age() < FRESH_MS && !store.rereader?.isWaiting(postId),

    /** Calls back when the intent or the refusal changes. */
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return post
}

/**
 * As `mergeLikes`, but the result does not contradict itself: where the input brought one of count and heart, what was
 * known of it stays. Until `resolve` has been loaded such a count is shown as unknown.
 */
function merge(known: LikesEntry | undefined, input: LikeInput, at: number): LikesEntry {
  const next = mergeLikes(known, input, at)
  return next !== known && background && contradict(next) ? background.resolve(known, next) : next
}
