import { between } from './between'
import { Keeper } from './keeper'
import { keptPosts } from './kept-posts'
import { forget } from './kept-press'
import { idOf, postsOnScreen, refetch } from './on-page'
import { OnScreen } from './on-screen'
import { Poller } from './poller'
import type { View } from './post'
import type { LikeInput } from './registers'
import { noteSession } from './session-change'
import type { LikesStore } from './store'
import { shareBetweenTabs } from './tabs'

/** A post that is scrolled into view is read where its last read is older than this; milliseconds. */
const OLD_MS = 60_000
/** Where no events are followed, what is to be explained is read within this, milliseconds. */
const ASKED_WITHIN_MS = 250
/** A network that comes back comes back for all its devices, milliseconds. */
const ONLINE_SPREAD_MS = 700

/** What looks after the likes of a store from now on. */
export function lookAfter(store: LikesStore): Caretaker {
  store.caretaker ??= new Caretaker(store)
  return store.caretaker
}

/** What looks after a page once it has been painted: when what is on screen is read again, kept presses, other tabs. */
export class Caretaker {
  /** Looks after presses that were answered, until they are durable. */
  readonly keeper: Keeper
  /** Reads a page that stays in front. */
  readonly poller: Poller
  readonly #screen = new OnScreen(postId => this.#revealed(postId))
  #refresh: { due: number; timer: ReturnType<typeof setTimeout> } | undefined
  #tabs: ReturnType<typeof shareBetweenTabs> | undefined
  #leave: (() => void) | undefined

  constructor(private readonly store: LikesStore) {
    this.poller = new Poller(store)
    this.keeper = new Keeper({
      posts: () => keptPosts(store.ops),
      read: async postIds => void (await Promise.all(postIds.map(postId => store.post(postId).read()))),
      isOnTheWay: postId => store.post(postId).intent() !== undefined,
      forget: postId => forget(store, store.post(postId), Number.POSITIVE_INFINITY),
    })
  }

  /** From what is there already: views, followers of events, presses of earlier pages. */
  start(): void {
    const { store } = this
    noteSession(store)
    this.keeper.start()
    this.poller.start()
    store.rereader?.resume()
    if (typeof window === 'undefined') return
    this.#tabs = shareBetweenTabs(store)
    for (const { postId, views } of store.posts.values())
      for (const view of views) this.#screen.observe(postId, view)
    this.#leave = this.#listen()
    if (!navigator.onLine) store.refreshActive()
  }

  stop(): void {
    this.keeper.stop()
    this.poller.stop()
    this.#tabs?.leave()
    this.#leave?.()
    clearTimeout(this.#refresh?.timer)
    this.#refresh = undefined
    this.store.rereader?.stop()
  }

  /** A press of this tab was answered: other tabs are told, and whether it is durable is to be asked. */
  answered(postId: string, input: LikeInput): void {
    this.#tabs?.tell(postId, input)
    if (this.store.post(postId).keptOp()) this.keeper.confirm()
  }

  /** A view has moved to its element, from `before`. */
  observe(postId: string, view: View, before: View['element']): void {
    if (before) this.#screen.forget(before)
    this.#screen.observe(postId, view)
  }

  /** Something of this revision is to be explained; `isUrgent`: it contradicts what is known. */
  ask(postId: string, rev: number, isUrgent?: boolean): void {
    const { rereader } = this.store
    if (rereader) rereader.ask(postId, rev, isUrgent)
    else this.refreshWithin(ASKED_WITHIN_MS)
  }

  /** Reads what can be seen again within `spreadMs`, as many pages have the same reason in the same moment. */
  refreshWithin(spreadMs: number): void {
    const { clock, transport } = this.store
    const due = clock.now() + Math.max(between([0, spreadMs]), transport.waitMs?.() ?? 0)
    if (this.#refresh && this.#refresh.due <= due) return
    clearTimeout(this.#refresh?.timer)
    const refresh = () => {
      this.#refresh = undefined
      refetch(this.store, postsOnScreen(this.store, 'all'), true)
    }
    this.#refresh = { due, timer: setTimeout(refresh, due - clock.now()) }
  }

  #revealed(postId: string): void {
    const { store } = this
    if (store.rereader?.isWaiting(postId)) store.rereader.resume()
    else if (store.post(postId).age() > OLD_MS) this.ask(postId, 0, true)
  }

  #listen(): () => void {
    const { store, keeper } = this
    const listeners = {
      // A page from the back/forward cache comes back as it was left.
      pageshow: (event: Event) => {
        if ((event as PageTransitionEvent).persisted) store.refreshActive()
      },
      online: () => {
        store.retryAll()
        keeper.askNow()
        this.refreshWithin(ONLINE_SPREAD_MS)
      },
      // Reads fail at once, and then say so.
      offline: () => store.refreshActive(),
      visibilitychange: () => {
        if (document.visibilityState !== 'visible') return
        store.retryAll()
        keeper.askNow()
        store.rereader?.resume()
      },
    }
    // The application has cleared its client: a view would stay with a query that is in no cache any more.
    const stop = store.queryClient.getQueryCache().subscribe(({ type, query }) => {
      if (type !== 'removed' || !store.owns(query)) return
      const post = store.post(idOf(query))
      post.readAt = Number.NEGATIVE_INFINITY
      for (const { redraw } of post.views) redraw?.()
    })
    const all = Object.entries(listeners)
    // What is told to the document reaches the window too.
    for (const [type, listener] of all) window.addEventListener(type, listener)
    return () => {
      stop()
      for (const [type, listener] of all) window.removeEventListener(type, listener)
    }
  }
}
