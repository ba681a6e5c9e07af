import type { PostContent } from '@/app/types'
import type { FeedCursor } from './content-rows'

const CURSOR =
  /^((\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?(?:Z|[+-](\d\d):(\d\d)))_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** A place in the feed as it stands in an address. */
export const formatCursor = (post: Pick<PostContent, 'id' | 'createdAt'>): string =>
  encodeURIComponent(`${post.createdAt}_${post.id}`)

/**
 * Anything that is no place in the feed is its beginning. Postgres refuses a time that no calendar has, so that is none
 * either.
 */
export function parseCursor(text: string | string[] | undefined): FeedCursor | null {
  const match = typeof text === 'string' ? CURSOR.exec(text) : null
  if (!match) return null
  const [year, month, day, hour, minute, second, zoneHour = 0, zoneMinute = 0] = match
    .slice(2, 10)
    .map(part => Number(part ?? 0)) as [number, number, number, number, number, number, number, number]
  const isTime =
    year >= 1 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    zoneHour < 16 &&
    zoneMinute < 60
  return isTime ? { createdAt: match[1]!, id: match[10]! } : null
}

const daysIn = (year: number, month: number): number => {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
}
