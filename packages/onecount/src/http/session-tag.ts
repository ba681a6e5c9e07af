import { createHash } from 'node:crypto'

/** Names whose hearts an answer has, so that a browser never takes those of one session for another's. */
export const SESSION_HEADER = 'onecount-session'

/** `none` for nobody; else a hash, as the id itself stays with the server. */
export function sessionTag(sessionId: string | null): string {
  if (sessionId === null) return 'none'
  return createHash('sha256').update(`onecount session ${sessionId}`).digest('base64url').slice(0, 16)
}
