import { type KeptOps, opOf } from './kept-ops'

const MAX_OPS = 200
const MAX_AGE_MS = 24 * 60 * 60_000
/**
 * What an id may be, of whichever kind: a UUID, a bigint, a text, each with a variant or without. The server alone knows
 * of which kind its posts are.
 */
const ID = /^[\w-][\w.:-]{0,127}(~[^\s\p{Cc}"'\\$%,|~{}]{1,64})?$/u
/** Of an entry's name: the session, and what stands behind it. */
const NAME = /^onecount:kept(~[^/@:]+)?(.*)/s

/**
 * Ids of the posts with a press of the present session that is kept, the oldest press first. What is too old or too much
 * is forgotten here, of whichever session, and what stands under a name that can be no post's: the server refuses a
 * question with one malformed id, for all the others in it too.
 */
export function keptPosts(ops: KeptOps): string[] {
  const all = keptOps(ops).sort((a, b) => a.at - b.at)
  const now = ops.now()
  const kept = all.filter(({ name, postId, op, at }, place) => {
    const isTooOld = now !== undefined && now - at >= MAX_AGE_MS
    const isKept = op > 0 && ID.test(postId) && place >= all.length - MAX_OPS && !isTooOld
    if (!isKept) ops.remove(name)
    return isKept
  })
  return kept.filter(({ name, postId }) => name === ops.nameOf(postId)).map(({ postId }) => postId)
}

/** What is kept of no session was made by `session`: there was no other before. */
export function adopt(ops: KeptOps, session: string): void {
  for (const { name, isNamed, postId, op } of keptOps(ops)) {
    if (isNamed) continue
    if (op > ops.get(postId, session)) ops.set(postId, op, session)
    ops.remove(name)
  }
}

/** Of every session; `at`: when it was pressed, milliseconds. */
function keptOps({ memory, scope, use }: KeptOps) {
  const names = new Set([...memory.keys(), ...(use(Object.keys) ?? [])])
  return [...names].flatMap(name => {
    const [, session, rest = ''] = NAME.exec(name) ?? []
    if (!rest.startsWith(`${scope}:`)) return []
    const text = use(storage => storage.getItem(name)) ?? memory.get(name)
    const postId = rest.slice(scope.length + 1)
    return { name, isNamed: !!session, postId, op: opOf(text), at: Number(text?.split('|')[1]) || 0 }
  })
}
