import { StoreUnavailable } from './errors'

/** Characters of a reason that are logged. */
const SHOWN = 160

/** What replies and clients repeat of a command: ids of sessions are among its keys and arguments. */
const OF_THE_COMMAND = /,? ?(?:with args beginning with|command was)\b.*| '[^']*'(?= (?:key|channel)\b)/gs

/** Why a store did not do what it was asked for, in one line that is fit for a log. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof StoreUnavailable ? (error.cause ?? error.message) : error
  const text = cause instanceof Error ? cause.message || cause.name : String(cause)
  const line = text.replace(OF_THE_COMMAND, '').replace(/\s+/g, ' ').trim()
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line
}
