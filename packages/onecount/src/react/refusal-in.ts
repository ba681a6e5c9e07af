import { LikesRefused } from './transport'

interface Answer {
  status: number
  retryAfterMs?: number
  /** Notes the server's time if it is one, milliseconds. */
  note(time: unknown): time is number
}

/** What the API has refused; undefined where something else has answered in its place, or the outcome is open. */
export function refusalIn(
  body: { error?: { code?: unknown; message?: string; now?: unknown } } | null | undefined,
  { status, retryAfterMs, note }: Answer,
): LikesRefused | undefined {
  const { code, message, now } = body?.error ?? {}
  if (status >= 500 || typeof code !== 'string' || code === 'request_timeout') return undefined
  return new LikesRefused(
    code,
    message ?? 'The server refused the request.',
    retryAfterMs,
    note(now) ? now : undefined,
  )
}
