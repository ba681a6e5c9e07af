import { createHash } from 'node:crypto'
import type { Visitor } from './visitor'

/** Names whose hearts an answer has, so that a browser never takes those of one session for another's. */
export const SESSION_HEADER = 'onecount-session'

/** `none` for somebody who is not signed in; else a hash, as the id itself stays with the server. */
export function sessionTag(visitor: Visitor): string {
  if (visitor.kind === 'nobody') return 'none'
  return createHash('sha256').update(`onecount session ${visitor.sessionId}`).digest('base64url').slice(0, 16)
}
