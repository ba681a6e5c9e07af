import { hash } from 'node:crypto'

/** Names whose hearts an answer has, so that a browser never takes those of one session for another's. */
export const SESSION_HEADER = 'onecount-session'

/** `none` without a session; else a hash, as the id itself stays with the server. */
export function sessionTag(sessionId: string | null): string {
  if (sessionId === null) return 'none'
  return hash('sha256', `onecount session ${sessionId}`, 'base64url').slice(0, 16)
}
