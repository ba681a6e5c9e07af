import { isNatural } from './numbers'
import type { ServerClock } from './server-clock'
import { LikesRefused, LikesUnreachable } from './transport'

/** A gateway's slip must not silence a page for days, milliseconds. */
const MAX_WAIT_MS = 60 * 60_000
/** The Date header has whole seconds: a device's clock is believed beside it while it is at most this far off, ms. */
const CLOCK_TOLERANCE_MS = 3000

/** Until when the server wants to hear nothing, by `performance.now()`: each contains the ones before it. */
export interface HeldUntil {
  all: number
  reads: number
  /** What no person waits for. */
  background: number
}

interface Answer {
  response: Response
  /** Undefined where it ended early or is no JSON. */
  body: { error?: { code?: unknown; message?: string; now?: unknown } } | null | undefined
  isWrite: boolean
  /** It has told the server's time. */
  isTimed: boolean
  /** Its time stands for the moment `at` (by `performance.now()`), and may be off by `error`; `wall`: the device's clock. */
  arrived: { at: number; error: number; wall: number }
}

/**
 * What an answer says besides the likes in it: the server's time, for how long it wants to hear nothing, and why it has
 * refused the request.
 *
 * @returns the error of a request that has failed; a LikesRefused if the API has refused it, and not something else that
 * has answered in its place
 */
export function heed(answer: Answer, clock: ServerClock, heldUntil: HeldUntil): Error | undefined {
  const { response, body, isWrite, isTimed, arrived } = answer
  const { ok, status, headers } = response
  if (!isTimed) noteDate(clock, headers, arrived)
  const retryAfterMs = waitIn(headers, clock)
  if (retryAfterMs) {
    // 503 and the like hold everything back, 429 of a read all reads, any other read what no person waits for.
    const until = performance.now() + retryAfterMs
    const isHeld = { all: status >= 500, reads: !isWrite && status >= 400, background: !isWrite }
    if (isHeld.all) heldUntil.all = Math.max(heldUntil.all, until)
    if (isHeld.all || isHeld.reads) heldUntil.reads = Math.max(heldUntil.reads, until)
    if (isHeld.all || isHeld.background) heldUntil.background = Math.max(heldUntil.background, until)
  }
  if (ok && body) return undefined
  const { code, message, now } = body?.error ?? {}
  if (status >= 500 || typeof code !== 'string' || code === 'request_timeout')
    return new LikesUnreachable(`status ${status}`, { retryAfterMs })
  const isNow = isNatural(now) && now > 0 && clock.note(now, arrived.error, arrived.at)
  return new LikesRefused(
    code,
    message ?? 'The server refused the request.',
    retryAfterMs,
    isNow ? now : undefined,
  )
}

/** For how long an answer asks to wait, milliseconds. */
function waitIn(headers: Headers, clock: ServerClock): number | undefined {
  const retryAfter = headers.get('retry-after') ?? ''
  const ms = /^\d+$/.test(retryAfter) ? 1000 * Number(retryAfter) : Date.parse(retryAfter) - clock.now()
  return ms > 0 ? Math.min(ms, MAX_WAIT_MS) : undefined
}

/** The server's time by the Date of an answer, for want of a better one. */
function noteDate(clock: ServerClock, headers: Headers, { at, error, wall }: Answer['arrived']): void {
  const date = Date.parse(headers.get('date') ?? '') + 500
  const isDeviceRight = Math.abs(date - wall) <= CLOCK_TOLERANCE_MS
  if (clock.latest() === undefined && isDeviceRight) clock.note(Date.now(), CLOCK_TOLERANCE_MS)
  else if (date) clock.note(date, error + 500, at)
}
