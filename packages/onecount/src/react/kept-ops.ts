import { isOp } from './credible'

/** A press of this browser that Postgres is not known to hold. */
export interface KeptOp {
  op: number
  /** When it was pressed, by the server's clock as far as it was known; milliseconds since 1970. */
  at: number
}

/** Where the presses of a server are kept; those of one at another address, as of another kind, are not its own. */
export const prefixOf = (address = '/api/likes') =>
  `onecount:kept${address === '/api/likes' ? '' : `@${address}`}:`
const MAX_OPS = 200
const MAX_AGE_MS = 24 * 60 * 60_000
/** What an id may be, of whichever kind: a UUID, a bigint, a text. The server alone knows of which kind its posts are. */
const ID = /^[\w-][\w.:-]{0,127}$/

/**
 * The newest press of each post, shared by the tabs of a browser. An entry a post: what one tab writes does not undo
 * what another has written. Where there is no storage, or it is full or forbidden, they live as long as the page.
 */
export class KeptOps {
  readonly #memory = new Map<string, KeptOp>()
  readonly #storage: Storage | null
  readonly #prefix: string

  /**
   * `now`: the server's time as far as it is known, milliseconds. The device's clock may be set before the next page, so
   * nothing is given up for its age by that one. `address`: of the server, /api/likes.
   */
  constructor(
    storage: Storage | null = browserStorage(),
    private readonly now: () => number | undefined = Date.now,
    address?: string,
  ) {
    this.#storage = storage
    this.#prefix = prefixOf(address)
  }

  get(postId: string): KeptOp | undefined {
    const inMemory = this.#memory.get(postId)
    const stored = parse(this.#try(storage => storage.getItem(this.#prefix + postId)))
    return stored && stored.op >= (inMemory?.op ?? 0) ? stored : inMemory
  }

  keep(postId: string, op: number): void {
    if ((this.get(postId)?.op ?? 0) >= op) return
    const kept = { op, at: Math.round(this.now() ?? Date.now()) }
    const isStored = this.#try(storage => {
      storage.setItem(this.#prefix + postId, `${kept.op}|${kept.at}`)
      return true
    })
    if (isStored) this.#memory.delete(postId)
    else this.#memory.set(postId, kept)
  }

  /** Unless a newer press has taken its place. */
  forget(postId: string, op: number): void {
    if ((this.get(postId)?.op ?? 0) > op) return
    this.#memory.delete(postId)
    this.#try(storage => storage.removeItem(this.#prefix + postId))
  }

  /**
   * Ids of the posts, the oldest press first. What is too old or too much is forgotten here, and what stands under a
   * name that can be no post's: the server refuses a question with one malformed id, for all the others in it too.
   */
  posts(): string[] {
    for (const postId of this.#stored().filter(postId => !ID.test(postId)))
      this.#try(storage => storage.removeItem(this.#prefix + postId))
    const ids = new Set([...this.#memory.keys(), ...this.#stored()])
    const kept = [...ids]
      .map(postId => ({ postId, ...(this.get(postId) ?? { op: 0, at: 0 }) }))
      .sort((a, b) => a.at - b.at)
    const excess = kept.length - MAX_OPS
    const now = this.now()
    const isKept = ({ at }: KeptOp, place: number) =>
      place >= excess && (now === undefined || now - at < MAX_AGE_MS)
    for (const [i, entry] of kept.entries()) if (!isKept(entry, i)) this.forget(entry.postId, entry.op)
    return kept.filter(isKept).map(({ postId }) => postId)
  }

  #stored(): string[] {
    const names = this.#try(storage => Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? ''))
    return (names ?? [])
      .filter(name => name.startsWith(this.#prefix))
      .map(name => name.slice(this.#prefix.length))
  }

  #try<T>(use: (storage: Storage) => T): T | undefined {
    try {
      return this.#storage ? use(this.#storage) : undefined
    } catch {
      return undefined
    }
  }
}

/** Anything may stand in a storage. */
function parse(text: string | null | undefined): KeptOp | undefined {
  const match = /^(\d{1,16})\|(\d{1,14})$/.exec(text ?? '')
  const op = Number(match?.[1])
  return match && isOp(op) && op > 1 ? { op, at: Number(match[2]) } : undefined
}

/** Reading the property throws where a browser forbids it. */
export function browserStorage(): Storage | null {
  try {
    return typeof window === 'undefined' ? null : window.localStorage
  } catch {
    return null
  }
}
