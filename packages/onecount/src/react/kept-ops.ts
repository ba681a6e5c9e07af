import { isNatural } from './numbers'

/**
 * The newest press of each post of which Postgres is not known to hold it, shared by the tabs of a browser and kept apart
 * by the session that made it. An entry a post and session: what one tab writes does not undo what another has written.
 * Where there is no storage, or it is full or forbidden, they live as long as the page.
 */
export class KeptOps {
  /** As in the storage: `<op>|<when it was pressed, milliseconds by the server's clock as far as it was known>`. */
  readonly memory = new Map<string, string>()
  /** Where the next page finds whose this one is. */
  readonly note: string
  /** Whose presses are meant: those of the session of the page; until it is known, of the last one in this browser. */
  session: string | undefined

  /**
   * @param scope sets those of one kind on one server apart from all others
   * @param now the server's time as far as it is known, milliseconds. The device's clock may be set before the next
   * page, so nothing is given up for its age by that one
   * @param open reading `localStorage` throws where a browser forbids it, and on a server
   */
  constructor(
    readonly scope = '',
    readonly now: () => number | undefined = Date.now,
    private readonly open = () => window.localStorage,
  ) {
    this.note = `onecount:session${scope}:`
    this.session = this.use(storage => storage.getItem(this.note)) ?? undefined
  }

  /** @returns undefined where the storage cannot be used */
  use<T>(action: (storage: Storage) => T): T | undefined {
    try {
      return action(this.open())
    } catch {}
  }

  /** The op of a post's press, 0 for none. */
  get(postId: string, session = this.session): number {
    const name = this.#nameOf(postId, session)
    return Math.max(opOf(this.use(storage => storage.getItem(name))), opOf(this.memory.get(name)))
  }

  set(postId: string, op: number, session = this.session): void {
    const name = this.#nameOf(postId, session)
    const text = `${op}|${Math.round(this.now() ?? Date.now())}`
    this.memory.set(name, text)
    this.use(storage => {
      storage.setItem(name, text)
      this.memory.delete(name)
    })
  }

  /** Unless a newer press has taken its place. */
  forget(postId: string, op: number, session = this.session): void {
    if (this.get(postId, session) > op) return
    const name = this.#nameOf(postId, session)
    this.memory.delete(name)
    this.use(storage => storage.removeItem(name))
  }

  /** What no session is named of was made before the first answer of a server, or the server names none. */
  #nameOf(postId: string, session: string | undefined): string {
    return `onecount:kept${session ? `~${encodeURIComponent(session)}` : ''}${this.scope}:${postId}`
  }
}

/** Anything may stand in a storage. */
export function opOf(text: string | null | undefined): number {
  const op = Number(/^(\d{1,16})\|\d{1,14}$/.exec(text ?? '')?.[1])
  return isNatural(op) && op > 1 ? op : 0
}
