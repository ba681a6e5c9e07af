import { between } from './between'

export interface PollerOptions {
  /** Reads everything that is on screen, or only what is not known exactly. */
  read(what: 'all' | 'incomplete'): unknown
  /** Whether the page is in front. */
  isVisible(): boolean
  /** For how long the server has asked not to be read, milliseconds. */
  waitMs(): number
}

/**
 * How often what is on screen is read again, milliseconds, at random in between so that pages do not ask all at once:
 * while something is not known exactly, while events are followed but not coming in, and while they are.
 */
const EVERY = { incomplete: [4000, 5000], away: [3000, 5000], joined: [30_000, 60_000] } as const

/** Reads a page that stays in front again: events are a hint, and may never come. */
export class Poller {
  /** Posts that are not known exactly: how many views wait for them. */
  #incomplete = 0
  /** Subscriptions to events, and how many of them have joined. */
  #followed = 0
  #joined = 0
  readonly #timers: Partial<Record<'all' | 'incomplete', ReturnType<typeof setTimeout>>> = {}

  constructor(private readonly options: PollerOptions) {}

  /** While a view shows something that is not exact. Returns what ends it. */
  recover(): () => void {
    if (this.#incomplete++ === 0) this.#plan('incomplete')
    return () => {
      if (--this.#incomplete === 0) this.#cancel('incomplete')
    }
  }

  /** While the page follows events; `joined` tells whether they are coming in. */
  follow(): { joined(isJoined: boolean): void; leave(): void } {
    let isJoined = false
    const joined = (is: boolean) => {
      if (is === isJoined) return
      isJoined = is
      this.#joined += is ? 1 : -1
      this.#plan('all')
    }
    if (this.#followed++ === 0) this.#plan('all')
    return {
      joined,
      leave: () => {
        joined(false)
        if (--this.#followed === 0) this.#cancel('all')
      },
    }
  }

  #plan(what: 'all' | 'incomplete'): void {
    this.#cancel(what)
    const pace = what === 'incomplete' ? what : this.#joined > 0 ? 'joined' : 'away'
    const wait = this.options.waitMs()
    const pause = Math.max(between(EVERY[pace]), wait * between([1, 1.25]))
    this.#timers[what] = setTimeout(() => {
      // A page that comes to the front is read by itself.
      if (this.options.isVisible() && this.options.waitMs() === 0) this.options.read(what)
      this.#plan(what)
    }, pause)
  }

  #cancel(what: 'all' | 'incomplete'): void {
    clearTimeout(this.#timers[what])
    this.#timers[what] = undefined
  }
}
