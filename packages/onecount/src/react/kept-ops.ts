import { isNatural } from './numbers'

export type KeptOps = ReturnType<typeof createKeptOps>

/**
 * The newest press of each post of which Postgres is not known to hold it, shared by the tabs of a browser and kept
 * apart by the session that made it. An entry a post and session: what one tab writes does not undo what another has
 * written. Where there is no storage, or it is full or forbidden, they live as long as the page.
 *
 * @param scope sets those of one kind on one server apart from all others
 * @param now the server's time as far as it is known, milliseconds. The device's clock may be set before the next page,
 * so nothing is given up for its age by that one
 * @param open reading `localStorage` throws where a browser forbids it, and on a server
 * @param whose the session whose presses are meant where none is named
 */
export function createKeptOps(
  scope = '',
  now: () => number | undefined = Date.now,
  open = () => window.localStorage,
  whose: () => string | undefined = () => undefined,
) {
  /** As in the storage: `<op>|<when it was pressed, milliseconds by the server's clock as far as it was known>`. */
  const memory = new Map<string, string>()

  /** @returns undefined where the storage cannot be used */
  function use<T>(action: (storage: Storage) => T): T | undefined {
    try {
      return action(open())
    } catch {}
  }

  /** What no session is named of was made before the first answer of a server, or the server names none. */
  const nameOf = (postId: string, session = whose()): string =>
    `onecount:kept${session ? `~${encodeURIComponent(session)}` : ''}${scope}:${postId}`

  /** The op of a post's press, 0 for none. */
  function get(postId: string, session?: string): number {
    const name = nameOf(postId, session)
    return Math.max(opOf(use(storage => storage.getItem(name))), opOf(memory.get(name)))
  }

  function remove(name: string): void {
    memory.delete(name)
    use(storage => storage.removeItem(name))
  }

  return {
    scope,
    memory,
    now,
    use,
    nameOf,
    get,
    remove,

    set(postId: string, op: number, session?: string): void {
      const name = nameOf(postId, session)
      const text = `${op}|${Math.round(now() ?? Date.now())}`
      memory.set(name, text)
      use(storage => {
        storage.setItem(name, text)
        memory.delete(name)
      })
    },

    /** Unless a newer press has replaced it. */
    forget(postId: string, op: number, session?: string): void {
      if (get(postId, session) <= op) remove(nameOf(postId, session))
    },
  }
}

/** Anything may stand in a storage. */
export function opOf(text: string | null | undefined): number {
  const op = Number(/^(\d{1,16})\|\d{1,14}$/.exec(text ?? '')?.[1])
  return isNatural(op) && op > 1 ? op : 0
}
