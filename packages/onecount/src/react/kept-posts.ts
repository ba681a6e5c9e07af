import { type KeptOps, opOf } from './kept-ops'

const MAX_OPS = 200
const MAX_AGE_MS = 24 * 60 * 60_000
/**
 * What an id may be, of whichever kind: a UUID, a bigint, a text, each with a variant or without. The server alone knows
 * of which kind its posts are.
 */
const ID = /^[\w-][\w.:-]{0,127}(~[^\s\p{Cc}"'\\$%,|~{}]{1,64})?$/u

interface Kept {
  /** Of the entry. */
  name: string
  /** As it stands in the name; empty for none. */
  session: string
  postId: string
  op: number
  /** When it was pressed, milliseconds. */
  at: number
}

/**
 * Ids of the posts with a press of the present session that is kept, the oldest press first. What is too old or too much
 * is forgotten here, of whichever session, and what stands under a name that can be no post's: the server refuses a
 * question with one malformed id, for all the others in it too.
 */
export function keptPosts(ops: KeptOps): string[] {
  const kept = keptOps(ops).sort((a, b) => a.at - b.at)
  const excess = kept.length - MAX_OPS
  const now = ops.now()
  const isKept = ({ postId, op, at }: Kept, place: number) =>
    op > 0 && ID.test(postId) && place >= excess && (now === undefined || now - at < MAX_AGE_MS)
  for (const [i, press] of kept.entries()) if (!isKept(press, i)) remove(ops, press)
  const own = kept.filter(isKept).filter(({ session }) => session === encodeURIComponent(ops.session ?? ''))
  return own.map(({ postId }) => postId)
}

/** What is kept of no session was made by `session`: there was no other before. */
export function adopt(ops: KeptOps, session: string): void {
  for (const press of keptOps(ops)) {
    if (press.session) continue
    if (press.op > ops.get(press.postId, session)) ops.set(press.postId, press.op, session)
    remove(ops, press)
  }
}

/** Of every session. */
function keptOps(ops: KeptOps): Kept[] {
  const stored = ops.use(storage => Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? ''))
  return [...new Set([...ops.memory.keys(), ...(stored ?? [])])].flatMap(name => {
    const [, tag = '', rest = ''] = /^onecount:kept(?:~([^/@:]*))?([/@:].*)$/s.exec(name) ?? []
    if (!rest.startsWith(`${ops.scope}:`)) return []
    const text = ops.use(storage => storage.getItem(name)) ?? ops.memory.get(name)
    const at = Number(text?.split('|')[1]) || 0
    const postId = rest.slice(ops.scope.length + 1)
    return { name, session: tag, postId, op: opOf(text), at }
  })
}

function remove(ops: KeptOps, { name }: Kept): void {
  ops.memory.delete(name)
  ops.use(storage => storage.removeItem(name))
}
