import { isNatural } from './credible'

export type KeptOps = ReturnType<typeof createKeptOps>

/**
 * The newest press of each post of which Postgres is not known to hold it, shared by the tabs of a browser. An entry a
 * post: what one tab writes does not undo what another has written. Where there is no storage, or it is full or
 * forbidden, they live as long as the page.
 *
 * @param prefix of all names in the storage
 * @param now the server's time as far as it is known, milliseconds. The device's clock may be set before the next page,
 * so nothing is given up for its age by that one
 * @param open reading `localStorage` throws where a browser forbids it, and on a server
 */
export function createKeptOps(
  prefix = 'onecount:kept:',
  now: () => number | undefined = Date.now,
  open = () => window.localStorage,
) {
  /** As in the storage: `<op>|<when it was pressed, milliseconds by the server's clock as far as it was known>`. */
  const memory = new Map<string, string>()

  /** @returns undefined where the storage cannot be used */
  function use<T>(action: (storage: Storage) => T): T | undefined {
    try {
      return action(open())
    } catch {}
  }

  /** The op of a post's press, 0 for none. */
  const get = (postId: string): number =>
    Math.max(opOf(use(storage => storage.getItem(prefix + postId))), opOf(memory.get(postId)))

  return {
    prefix,
    memory,
    now,
    use,
    get,

    set(postId: string, op: number): void {
      const text = `${op}|${Math.round(now() ?? Date.now())}`
      memory.set(postId, text)
      use(storage => {
        storage.setItem(prefix + postId, text)
        memory.delete(postId)
      })
    },

    /** Unless a newer press has taken its place. */
    forget(postId: string, op: number): void {
      if (get(postId) > op) return
      memory.delete(postId)
      use(storage => storage.removeItem(prefix + postId))
    },
  }
}

/** Anything may stand in a storage. */
function opOf(text: string | null | undefined): number {
  const op = Number(/^(\d{1,16})\|\d{1,14}$/.exec(text ?? '')?.[1])
  return isNatural(op) && op > 1 ? op : 0
}
