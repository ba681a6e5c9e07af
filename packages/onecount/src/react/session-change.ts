import { adopt } from './kept-posts'
import type { LikesStore } from './store'

/** From one refresh to the next while no session is named twice: twice as long each time, milliseconds. */
const APART_MS = 10_000
const APART_MAX_MS = 5 * 60_000

const NO_COOKIES = 'Not saved: this browser keeps no cookies of this site. Allow them, then press again.'

/** The changes of session since one was last named twice, by an answer that was asked for after the first. */
interface Changes {
  /** When the last one was heard of, by the store's clock. */
  heardAt: number
  /** Until the next refresh; 0: the first one was done at once. */
  pause: number
  timer?: ReturnType<typeof setTimeout>
}

const changesOf = new WeakMap<LikesStore, Changes>()

/**
 * An answer has named the session of the page; `isOther`: not the one that it was of before, as after a sign-out. Then
 * what is known of hearts begins anew, and what waits to be sent for the one before is told so by the server.
 *
 * @param namedAt when the last answer was asked for that has named the one before; undefined: no answer has
 */
export function changeSession(store: LikesStore, isOther: boolean, namedAt: number | undefined): void {
  noteSession(store)
  if (!isOther || namedAt === undefined) return
  store.queryClient.removeQueries({ type: 'inactive', predicate: store.owns })
  store.retryAll()
  refresh(store, namedAt)
}

/** What a press is told that was refused as one of another session. */
export function explainChange(store: LikesStore, message: string): string {
  const { pause, heardAt } = changesOf.get(store) ?? { pause: 0, heardAt: 0 }
  return pause && store.namedAt! < heardAt ? NO_COOKIES : message
}

/**
 * Reads what views show again, for the session that is named now. Where a browser keeps no cookies the answer names yet
 * another one, and so would the answer to each further refresh.
 */
function refresh(store: LikesStore, namedAt: number): void {
  // A coarse clock may tell the same time of the question: the next one is asked later.
  const heardAt = Math.max(store.clock.now(), store.namedAt! + 1)
  const changes = changesOf.get(store)
  if (!changes || namedAt >= changes.heardAt) {
    clearTimeout(changes?.timer)
    changesOf.set(store, { heardAt, pause: 0 })
    store.refreshActive()
    return
  }
  changes.heardAt = heardAt
  if (changes.timer) return
  changes.pause = Math.min(2 * changes.pause || APART_MS, APART_MAX_MS)
  changes.timer = setTimeout(() => {
    changes.timer = undefined
    store.refreshActive()
  }, changes.pause)
  for (const post of store.posts.values()) {
    const why = post.refusal()
    if (why?.code === 'session_changed') post.show(post.intent(), { ...why, message: NO_COOKIES })
  }
}

/**
 * Notes whose page this is for the next one. What is kept of no session was made before the first answer, by the first
 * session that is named after it.
 */
export function noteSession({ ops, note, session, namedAt }: LikesStore): void {
  const named = namedAt ? session : undefined
  const first = ops.use(storage => storage.getItem(note)) ?? named
  if (first) adopt(ops, first)
  if (named) ops.use(storage => storage.setItem(note, named))
}
