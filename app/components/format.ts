import type { LikeText, ShownLikes } from 'onecount/react'

const counts = new Intl.NumberFormat('en', { useGrouping: true })
const dates = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
})
const since = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })

/** Smaller counts stand there in full. */
export const SHORTENED_FROM = 10_000

/** From which count on it is shown in which unit. */
const SHORT = [
  { from: 1_000_000, unit: 1_000_000, name: 'M' },
  { from: SHORTENED_FROM, unit: 1_000, name: 'K' },
]

/** What an unknown count looks like. */
export const UNKNOWN = '–'

/** 447, 9,999, 12.3 K, 4 M; a dash when it is unknown. Never rounded up: 12,999 is 12.9 K, as it has not reached 13,000. */
export function formatCount(count: number | null): string {
  if (count === null) return UNKNOWN
  const short = SHORT.find(({ from }) => count >= from)
  if (!short) return counts.format(count)
  return `${counts.format(Math.floor(count / (short.unit / 10)) / 10)}\u00a0${short.name}`
}

/** "447 likes", as it is read aloud. */
export const spokenCount = (count: number | null): string =>
  count === null ? 'number of likes unknown' : `${counts.format(count)} ${count === 1 ? 'like' : 'likes'}`

/** "14 October 2026": the same on the server and in every browser. */
export const formatDate = (iso: string): string => dates.format(new Date(iso))

const SINCE = [
  { unit: 'day', ms: 86_400_000, below: 7 },
  { unit: 'hour', ms: 3_600_000, below: 24 },
  { unit: 'minute', ms: 60_000, below: 60 },
] as const

/** "5 minutes ago", "yesterday"; the date from a week on. Milliseconds since 1970. */
export function formatSince(iso: string, now: number): string {
  const elapsed = now - Date.parse(iso)
  const step = SINCE.find(({ ms }) => elapsed >= ms)
  if (!step) return 'just now'
  const n = Math.floor(elapsed / step.ms)
  return n < step.below ? since.format(-n, step.unit) : formatDate(iso)
}

/** "12:41" in the reader's own time. Milliseconds since 1970. */
export const formatClock = (time: number): string => clock.format(new Date(time))

/** Why a press was refused, for the person who made it. `message` is what the server said. */
export function refusalText({
  code,
  message,
  retryAfterMs,
}: {
  code: string
  message: string
  retryAfterMs?: number
}) {
  if (code === 'post_not_found') return 'This picture was taken down.'
  if (code === 'op_ahead') return 'The clock of this device changes too much: check it and try again.'
  if (code !== 'too_many_requests') return message
  const seconds = Math.ceil((retryAfterMs ?? 0) / 1000)
  return seconds > 0 ? `Too quick: wait ${seconds}\u00a0s.` : 'Too quick: wait a moment.'
}

/**
 * The name of a heart, which stays while `aria-pressed` changes, and the announcements to screen readers of what became
 * of a press.
 */
export function likeText(about: LikeText, like: ShownLikes, caption: string): string {
  if (about === 'label') return `Like ${caption}`
  if (about === 'pressed') return `${like.liked ? 'Liked' : 'Like removed'}, ${spokenCount(like.count)}`
  if (about === 'saved') return `Saved, ${spokenCount(like.count)}`
  return about === 'refused' && like.error ? refusalText(like.error) : 'Not saved yet, retrying'
}

/**
 * What two texts of a number have in common at the front, and what each has after it; null when the numbers differ in
 * length, where nothing can roll in place.
 */
export function changedDigits(from: string, to: string): { head: string; from: string; to: string } | null {
  if (from.length !== to.length || from === to) return null
  let same = 0
  while (from[same] === to[same]) same += 1
  return { head: to.slice(0, same), from: from.slice(same), to: to.slice(same) }
}
