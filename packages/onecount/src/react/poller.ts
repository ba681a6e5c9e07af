import { between } from './between'
import { activeQueries, isIncomplete, postsOnScreen, refetch } from './on-page'
import type { LikesStore } from './store'

/**
 * How often what is on screen is read again, milliseconds, at random in between so that pages do not ask all at once:
 * while something is not known exactly, while events are followed but not coming in, and while they are.
 */
const EVERY = { incomplete: [4000, 5000], away: [3000, 5000], joined: [30_000, 60_000] } as const

type What = 'all' | 'incomplete'

/** Reads a page that stays in front again: events are a hint, and may never come. */
export class Poller {
  readonly #timers: Partial<Record<What, ReturnType<typeof setTimeout>>> = {}
  #stop: (() => void) | undefined

  constructor(private readonly store: LikesStore) {}

  /** Reads what is not known exactly while a view shows it, and everything while the page follows events. */
  start(): void {
    this.#stop = this.store.queryClient.getQueryCache().subscribe(({ query }) => {
      if (this.store.owns(query) && query.isActive() && isIncomplete(query)) this.#begin('incomplete')
    })
    if (activeQueries(this.store).some(isIncomplete)) this.#begin('incomplete')
    this.follow()
  }

  stop(): void {
    this.#stop?.()
    this.#stop = undefined
    this.#cancel('all')
    this.#cancel('incomplete')
  }

  /** The page has begun or ceased to follow events, or they have begun or ceased to come in. */
  follow(): void {
    this.#cancel('all')
    if (this.#stop && this.store.followers.size > 0) this.#plan('all')
  }

  #begin(what: What): void {
    if (this.#timers[what] === undefined) this.#plan(what)
  }

  /** In place of what is planned already: a read that begins makes its query tell of itself. */
  #plan(what: What): void {
    this.#cancel(what)
    const hasJoined = [...this.store.followers].some(follower => follower.hasJoined)
    const pace = what === 'incomplete' ? what : hasJoined ? 'joined' : 'away'
    const pause = Math.max(between(EVERY[pace]), this.#waitMs() * between([1, 1.25]))
    this.#timers[what] = setTimeout(() => this.#read(what), pause)
  }

  #read(what: What): void {
    this.#cancel(what)
    if (what === 'incomplete' && !activeQueries(this.store).some(isIncomplete)) return
    // A page that comes to the front is read by itself.
    if (this.#waitMs() === 0) refetch(this.store, postsOnScreen(this.store, what), false)
    this.#plan(what)
  }

  #cancel(what: What): void {
    clearTimeout(this.#timers[what])
    this.#timers[what] = undefined
  }

  #waitMs = (): number => this.store.transport.waitMs?.() ?? 0
}
