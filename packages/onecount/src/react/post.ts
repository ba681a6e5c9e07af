import { type Background, background, later, RETRY_MS } from './later'
import { afterOp, sound, stampOp } from './numbers'
import { createOutbox, type Refusal } from './outbox'
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
  /** Draws it anew, from the query that the post has now. */
  redraw?: () => void
}

/** A press that the server has acknowledged. */
export interface Acknowledged {
  op: number
  session: string | undefined
  at: number
}

/** The likes of one post in a {@link LikesStore}: what is known, the person's press, and what to do with both. */
export type PostLikes = ReturnType<typeof createPost>

/**
 * The likes of one post: registers in the query cache, the person's intent and what the browser keeps of it beside
 * them. Answers come in through `receive`; what others say, through `seed`, through other tabs and `hint` of
 * `onecount/react/realtime`: these believe nothing that the server cannot have said. What judges all of that is loaded
 * after the first paint: until then answers are merged as they are.
 */
export function createPost(store: LikesStore, postId: string) {
  const { queryClient, transport, clock, ops } = store
  const queryKey = likesKey(postId, store.kind)
  const listeners = new Set<() => void>()
  const [intent, refusal, show, send, retryIn] = createOutbox(
    store,
    postId,
    async op => (await new Promise<Background>(later)).claim(store, post, op),
    (sent, answer, at) => {
      if (store.identify(answer, at)) {
        const known = entry()
        // An answer whose op is news here is newer than what the registers hold, whatever their revision says.
        const isNews = (known?.op ?? 0) < answer.op
        const input = background?.complete(answer, known) ?? answer
        post.put(isNews ? { ...EMPTY_ENTRY, ...known, countRev: 0, likedRev: 0 } : known, input, at)
      }
      later(({ answered }) => answered(store, post, sent, answer, at))
    },
    async (failed, error) => {
      // A refusal may come before what judges it has been loaded: the next attempt to load it has time to end.
      if ((error as Refusal).code)
        await new Promise<unknown>(end => {
          later(end)
          setTimeout(end, 2 * RETRY_MS)
        })
      if (intent() === failed)
        await (background?.fail(store, post, failed, error) ?? retryIn(RETRY_MS, failed))
    },
    () => {
      if (!intent()) background?.release(post)
      for (const listener of listeners) listener()
    },
  )

  const entry = () => queryClient.getQueryData(queryKey) as LikesEntry | undefined
  const plain = (input: LikeInput) => merge(undefined, sound(input), clock.now())
  /** What a server has rendered: what its cache held, or else the first payload. */
  let rendered = entry()

  /** Shows a press and sends it; with `ack` one that the server has lost, until it is durable. */
  function open(op: number, after: number, ack?: 'postgres'): void {
    const { session } = store
    const madeBy = store.namedAt === undefined ? undefined : session
    const liked = op % 2 === 1
    show({ liked, op, phase: 'saving', ack, session, madeBy, at: clock.now(), after }, ack && refusal())
    send()
  }

  const post = {
    /** Of the post. */
    postId,
    /** Of its query. */
    queryKey,
    /**
     * The views that are mounted, and not in a hidden part of the page.
     * @internal
     */
    views: new Set<View>(),
    /**
     * The newest input of which it cannot be told whether the person's own press is in it.
     * @internal
     */
    heldBack: undefined as LikeInput | undefined,
    /**
     * The last one: what was asked for before says nothing about it.
     * @internal
     */
    acknowledged: undefined as Acknowledged | undefined,
    /**
     * When the last answer was asked for.
     * @internal
     */
    readAt: Number.NEGATIVE_INFINITY,
    /**
     * The server has refused the id among others, and is not asked for it again.
     * @internal
     */
    isMalformed: undefined as true | undefined,
    /** What is known; undefined: nothing yet. */
    entry,
    /** The press that the server does not have yet. */
    intent,
    /** Why the last press was refused. */
    refusal,
    /** @internal */
    show,
    /** @internal */
    retryIn,

    /**
     * Merges into `known`; `updatedAt`: of the query, where an input does not count as having read the post.
     * @internal
     */
    put(known: LikesEntry | undefined, input: LikeInput, at: number, updatedAt?: number): void {
      const next = merge(known, input, at)
      if (next !== entry()) queryClient.setQueryData(queryKey, next, { updatedAt })
    },

    /**
     * The op of the press that may have to be sent again, as it is not known to be durable; 0 for none.
     * @internal
     */
    keptOp(): number {
      const op = ops.get(postId)
      return background && !background.isCredibleOp(op, entry(), serverTime(transport)) ? 0 : op
    },

    /**
     * What the server has lost: shown as it was, until it is durable.
     * @internal
     */
    resend(op: number): void {
      if (!intent()) open(op, 0, 'postgres')
    },

    /**
     * Merges an answer of the server; `at`: when the request was sent, or when an unsolicited event arrived (ms, by the
     * store's clock). A count waits while it cannot be told whether the person's own press is in it: it comes without
     * liked while an intent is open, or what was acknowledged is not known to be durable and not in it.
     */
    receive(said: LikeInput, at = clock.now()): void {
      if (!store.identify(said, at)) return
      if (background) background.receive(store, post, said, at)
      else post.put(entry(), sound(said), at)
    },

    /**
     * Merges a page's payload. A press that is kept and not in it is shown: from an earlier page it is sent again for
     * that, once an answer has said that the session is the same.
     */
    seed(input: LikeInput): void {
      if (input.session && !store.namedAt) {
        store.session = input.session
        store.namedAt = 0
      }
      const kept = post.keptOp()
      if (kept <= (input.op ?? 0)) later(({ seed }) => seed(store, post, input))
      else if (kept > (entry()?.op ?? 0)) post.resend(kept)
    },

    /**
     * What a payload says where nothing is known. One that the server cannot have said has no place in any order.
     * @internal
     */
    first(input: LikeInput): LikesEntry {
      const shown = plain(input)
      rendered ??= shown
      return background ? merge(undefined, background.believe(store, input), clock.now()) : shown
    },

    /**
     * What the server has rendered, for a part of the page that is hydrated late: whatever has come since.
     * @internal
     */
    rendered(seed?: LikeInput): LikesEntry | undefined {
      rendered ??= seed && plain(seed)
      return rendered
    },

    /** Reads the post anew, with all others that are asked for now. @returns whether there is such a post */
    async read(): Promise<boolean> {
      const asked = clock.now()
      const input = post.isMalformed ? undefined : await store.load(postId)
      if (input) post.receive(input, asked)
      else later(({ gone }) => gone(store, post))
      return input !== undefined
    },

    /** The person presses: shown at once, sent as soon as nothing of this post is on its way. */
    set(liked: boolean): void {
      const known = entry()
      // After whatever the person has seen, however far this clock is behind.
      const newest = Math.max(known?.op ?? 0, post.keptOp(), intent()?.op ?? 0)
      const after = Math.max(afterOp(newest), (known?.countRev ?? 0) + 1)
      const op = stampOp(liked, transport.now(), after)
      ops.set(postId, op)
      open(op, after)
    },

    /** The person likes the post, or takes the like back. */
    toggle: () => post.set(!(intent() ?? entry())?.liked),
    /** Tries an unsaved press again now. */
    retry: send as () => void,
    /** The person has read why the last press was refused. */
    dismiss: () => show(intent()),

    /**
     * Since when the post was not read, milliseconds.
     * @internal
     */
    age: () => clock.now() - post.readAt,

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
