import type { KeptOps } from './kept-ops'

const MAX_OPS = 200
const MAX_AGE_MS = 24 * 60 * 60_000
/**
 * What an id may be, of whichever kind: a UUID, a bigint, a text, each with a variant or without. The server alone knows
 * of which kind its posts are.
 */
const ID = /^[\w-][\w.:-]{0,127}(~[^\s\p{Cc}"'\\$%,|~{}]{1,64})?$/u

/**
 * Ids of the posts with a press that is kept, the oldest press first. What is too old or too much is forgotten here, and
 * what stands under a name that can be no post's: the server refuses a question with one malformed id, for all the
 * others in it too.
 */
export function keptPosts(ops: KeptOps): string[] {
  const stored = storedPosts(ops)
  for (const postId of stored)
    if (!ID.test(postId)) ops.use(storage => storage.removeItem(ops.prefix + postId))
  const kept = [...new Set([...ops.memory.keys(), ...stored.filter(postId => ID.test(postId))])]
    .map(postId => ({ postId, op: ops.get(postId), at: pressedAt(ops, postId) }))
    .sort((a, b) => a.at - b.at)
  const excess = kept.length - MAX_OPS
  const now = ops.now()
  const isKept = ({ op, at }: { op: number; at: number }, place: number) =>
    op > 0 && place >= excess && (now === undefined || now - at < MAX_AGE_MS)
  for (const [i, press] of kept.entries()) if (!isKept(press, i)) ops.forget(press.postId, press.op)
  return kept.filter(isKept).map(({ postId }) => postId)
}

function storedPosts(ops: KeptOps): string[] {
  const names = ops.use(storage => Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? ''))
  return (names ?? []).filter(name => name.startsWith(ops.prefix)).map(name => name.slice(ops.prefix.length))
}

function pressedAt(ops: KeptOps, postId: string): number {
  const text = ops.use(storage => storage.getItem(ops.prefix + postId)) ?? ops.memory.get(postId)
  return Number(text?.split('|')[1]) || 0
}
