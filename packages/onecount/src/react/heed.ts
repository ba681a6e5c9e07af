import { isNatural } from './numbers'
import type { ServerClock } from './server-clock'
import { LikesRefused, LikesUnreachable } from './transport'

/** A gateway's slip must not silence a page for days, milliseconds. */
const MAX_WAIT_MS = 60 * 60_000
/** The Date header has whole seconds: a device's clock is believed beside it while it is at most this far off, ms. */
const CLOCK_TOLERANCE_MS = 3000

interface Answer {
  response: Response
  /** Undefined where it ended early or is no JSON. */
  body: { error?: { code?: unknown; message?: string; now?: unknown } } | null | undefined
  isWrite: boolean
  /** Its time stands for the moment `at` (by `performance.now()`), and may be off by `error`; `wall`: the device's clock. */
  at: number
  error: number
  wall: number
}

/**
 * What an answer says besides the likes in it: for how long the server wants to hear nothing (noted in `heldUntil`: of
 * everything, of reads, and of what no person waits for), its time, and why it has refused the request.
 *
 * @param isTimed it has told the server's time
 * @returns the error of a request that has failed; a LikesRefused if the API has refused it, and not something else that
 * has answered in its place
 */
export function heed(
  { response: { ok, status, headers }, body, isWrite, at, error, wall }: Answer,
  isTimed: boolean,
  clock: ServerClock,
  heldUntil: number[],
): Error | undefined {
  // The server's time stands in each of its answers; a cache or gateway in between may add a Date alone.
  if (!isTimed) {
    const date = Date.parse(headers.get('date') ?? '') + 500
    const isDeviceRight = Math.abs(date - wall) <= CLOCK_TOLERANCE_MS
    if (clock.latest() === undefined && isDeviceRight) clock.note(Date.now(), CLOCK_TOLERANCE_MS)
    else if (date) clock.note(date, error + 500, at)
  }
  const retryAfter = headers.get('retry-after') ?? ''
  const ms = /^\d+$/.test(retryAfter) ? 1000 * Number(retryAfter) : Date.parse(retryAfter) - clock.now()
  const retryAfterMs = ms > 0 ? Math.min(ms, MAX_WAIT_MS) : undefined
  if (retryAfterMs) {
    const until = performance.now() + retryAfterMs
    // 503 and the like hold everything back, 429 of a read all reads, any other read what no person waits for.
    const first = status >= 500 ? 0 : isWrite ? heldUntil.length : status >= 400 ? 1 : 2
    for (let what = first; what < heldUntil.length; what++)
      heldUntil[what] = Math.max(heldUntil[what]!, until)
  }
  if (ok && body) return undefined
  const { code, message = 'The server refused the request.', now } = body?.error ?? {}
  if (status >= 500 || typeof code !== 'string' || code === 'request_timeout')
    return new LikesUnreachable(`status ${status}`, { retryAfterMs })
  const isNow = isNatural(now) && now > 0 && clock.note(now, error, at)
  return new LikesRefused(code, message, retryAfterMs, isNow ? now : undefined)
}
