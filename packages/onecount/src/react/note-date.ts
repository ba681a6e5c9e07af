import type { ServerClock } from './server-clock'

/** The Date header has whole seconds: a device's clock is believed beside it while it is at most this far off, ms. */
const CLOCK_TOLERANCE_MS = 3000

/**
 * The server's time by the Date of an answer, for want of a better one. The answer arrived when the device's clock read
 * `arrived`; its time stands for the moment `at` (by `performance.now()`), and may be off by `error`.
 */
export function noteDate(
  clock: ServerClock,
  headers: Headers,
  arrived: number,
  at: number,
  error: number,
): void {
  const date = Date.parse(headers.get('date') ?? '') + 500
  const isDeviceRight = Math.abs(date - arrived) <= CLOCK_TOLERANCE_MS
  if (clock.latest() === undefined && isDeviceRight) clock.note(Date.now(), CLOCK_TOLERANCE_MS)
  else if (date) clock.note(date, error + 500, at)
}
