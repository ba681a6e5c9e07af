import type { PairOp, Reply } from './ports'

/** A list of strings, as most scripts answer. */
export function strings(reply: Reply): string[] {
  if (!Array.isArray(reply))
    throw new TypeError(`Redis answered ${JSON.stringify(reply)} where a list was expected`)
  return reply as string[]
}

/** A pending member, `post|session|op|rev`. */
export function parseMember(member: string): PairOp & { rev: number } {
  const [postId, sessionId, op, rev] = member.split('|') as [string, string, string, string]
  return { postId, sessionId, op: Number(op), rev: Number(rev) }
}
