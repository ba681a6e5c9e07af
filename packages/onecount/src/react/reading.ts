import { focusManager, type Query, type QueryClient } from '@tanstack/react-query'
import { between } from './between'
import { OnScreen } from './on-screen'
import { Poller } from './poller'
import { ALL_LIKES, type LikeInput, type LikesEntry } from './registers'
import type { Rereader, RereaderOptions } from './rereader'
import { isComplete, isGone } from './shown'
import type { SteadyClock } from './steady-clock'

/** A view that opens this soon after the last read takes what is there; milliseconds. */
const FRESH_MS = 2000
/** A post that is scrolled into view is read where its last read is older than this; milliseconds. */
const OLD_MS = 60_000
/** Where no events are followed, milliseconds. */
const ASKED_WITHIN_MS = 250

interface ReadingOptions {
  queryClient: QueryClient
  clock: SteadyClock
  /** For how long the server has asked not to be read, milliseconds. */
  waitMs(): number
}

/** When what is on screen is read again, and nothing else. */
export class Reading {
  /** Which posts a person can see. */
  readonly screen = new OnScreen(postId => this.#revealed(postId))
  /** Reads again what events do not explain; `onecount/react/realtime` brings it. */
  rereader: Rereader | undefined
  /** Reads a page that stays in front. */
  readonly poller: Poller
  /** By post, when the last answer about it was asked for. */
  readonly #readAt = new Map<string, number>()
  #refresh: { due: number; timer: ReturnType<typeof setTimeout> } | undefined

  constructor(private readonly options: ReadingOptions) {
    const { waitMs } = options
    this.poller = new Poller({
      waitMs,
      isVisible: () => focusManager.isFocused(),
      read: what => this.refetch(this.#onScreen(what), false),
    })
  }

  /** From now on events come in. */
  explain(make: new (options: RereaderOptions) => Rereader): Rereader {
    const { clock, waitMs } = this.options
    this.rereader ??= new make({
      waitMs,
      now: () => clock.now(),
      onScreen: () => new Set(this.#onScreen('all')),
      read: postIds => this.refetch(postIds, true),
    })
    return this.rereader
  }

  /** Something of this revision is to be explained; `isUrgent`: it contradicts what is known. */
  ask(postId: string, rev: number, isUrgent?: boolean): void {
    if (this.rereader) this.rereader.ask(postId, rev, isUrgent)
    else this.refreshWithin(ASKED_WITHIN_MS)
  }

  /** What the server said of a post; `at`: when it was asked, milliseconds. */
  heard(postId: string, input: LikeInput, at: number): void {
    if (typeof input.liked === 'boolean' && !input.cached) this.#readAt.set(postId, at)
    this.rereader?.heard(postId, input, at)
  }

  /** Whether a post was read so lately that a view of it need not read it again. */
  isFresh(postId: string): boolean {
    return this.#age(postId) < FRESH_MS && !this.rereader?.isWaiting(postId)
  }

  /** Reads these posts as far as a view shows them; `anew`: a read that is under way is too old for this. */
  refetch(postIds: readonly string[], anew: boolean): Promise<void> {
    const ids = new Set(postIds)
    return this.options.queryClient.refetchQueries(
      { queryKey: ALL_LIKES, type: 'active', predicate: ({ queryKey }) => ids.has(String(queryKey[1])) },
      { cancelRefetch: anew },
    )
  }

  /** Reads all views again at some time within `spreadMs`, as many pages have the same reason in the same moment. */
  refreshWithin(spreadMs: number): void {
    const { clock, waitMs } = this.options
    const due = clock.now() + Math.max(between([0, spreadMs]), waitMs())
    if (this.#refresh && this.#refresh.due <= due) return
    clearTimeout(this.#refresh?.timer)
    const refresh = () => {
      this.#refresh = undefined
      this.refetch(this.#onScreen('all'), true)
    }
    this.#refresh = { due, timer: setTimeout(refresh, due - clock.now()) }
  }

  /** The page is in front again. */
  resume(): void {
    this.rereader?.resume()
  }

  stop(): void {
    clearTimeout(this.#refresh?.timer)
    this.#refresh = undefined
    this.rereader?.stop()
  }

  #age(postId: string): number {
    return this.options.clock.now() - (this.#readAt.get(postId) ?? Number.NEGATIVE_INFINITY)
  }

  #revealed(postId: string): void {
    if (this.rereader?.isWaiting(postId)) this.rereader.resume()
    else if (this.#age(postId) > OLD_MS) this.ask(postId, 0, true)
  }

  #onScreen(what: 'all' | 'incomplete'): string[] {
    if (!focusManager.isFocused()) return []
    const isDue = ({ state }: Query) =>
      !isGone(state.error) &&
      (what === 'all' || state.status === 'error' || !isComplete(state.data as LikesEntry | undefined))
    return this.options.queryClient
      .getQueryCache()
      .findAll({ queryKey: ALL_LIKES, type: 'active', predicate: isDue })
      .map(({ queryKey }) => String(queryKey[1]))
      .filter(this.screen.has)
  }
}
