import { inspect } from 'node:util'
import { OnecountError } from '../core/errors'
import type { RequestHead } from './request'

/** The same failure is written once in this time, milliseconds: an outage must not fill the disk. */
const QUIET_MS = 10_000
const MAX_REMEMBERED = 100

/** What {@link createErrorLog} takes. */
export interface ErrorLogOptions {
  /**
   * Takes a line.
   * @default `console.error`
   */
  log?: (line: string) => void
  /**
   * Milliseconds since 1970.
   * @default `Date.now`
   */
  now?: () => number
  /**
   * What is cut out of every line.
   * @default []
   */
  secrets?: readonly string[]
}

/**
 * Writes one line about a failure that is the server's; a refusal that is the caller's is not logged. The lines are
 * fit for a log that others read: passwords in addresses, the secrets and session cookies are cut out.
 * @example
 * const report = createErrorLog({ secrets: [process.env.ONECOUNT_SECRET!] })
 */
export function createErrorLog({
  log = console.error,
  now = Date.now,
  secrets = [],
}: ErrorLogOptions = {}): (request: RequestHead, error: unknown) => void {
  const seen = new Map<string, { at: number; more: number }>()

  return (request, error) => {
    if (error instanceof OnecountError && isCallers(error)) return
    const failure = brief(error)
    const last = seen.get(failure)
    if (last && now() - last.at < QUIET_MS) {
      last.more++
      return
    }
    if (seen.size >= MAX_REMEMBERED) seen.clear()
    seen.set(failure, { at: now(), more: 0 })
    const more = last?.more ? ` (and ${last.more} times more since)` : ''
    log(
      redact(
        `[onecount] ${request.method} ${new URL(request.url).pathname.slice(0, 200)}: ${trace(error)}${more}`,
        secrets,
      ),
    )
  }
}

/** Who a person is, the server says. */
const isCallers = ({ status, code }: OnecountError) => status < 500 && code !== 'invalid_session'

/** An outage is known by its message; anything else by the place it happened at. */
function trace(error: unknown): string {
  if (!(error instanceof Error)) return brief(error)
  const text =
    error instanceof OnecountError ? `${error.code}: ${error.message}` : (error.stack ?? String(error))
  const cause = error.cause === undefined ? '' : ` <- ${brief(error.cause)}`
  return `${text}${cause}`.replace(/\s*\n\s*/g, ' | ')
}

/** Of what is thrown and no error only what says why: a `Response` or an object of a library may hold cookies. */
function brief(error: unknown): string {
  if (error instanceof Error) return String(error)
  if (typeof error !== 'object' || error === null) return inspect(error)
  const { message, status } = error as { message?: unknown; status?: unknown }
  const name = error.constructor?.name ?? 'object'
  const why = [status, message].filter(part => typeof part === 'number' || typeof part === 'string')
  return [`thrown ${name}`, ...why].join(' ')
}

function redact(line: string, secrets: readonly string[]): string {
  const withoutCredentials = line
    .replace(/:\/\/[^\s/@]*@/g, '://***@')
    .replace(/[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/g, '***')
  return secrets.reduce((text, secret) => text.replaceAll(secret, '***'), withoutCredentials)
}
