/** Microseconds. Ops of it need all the digits that real ones need. */
export const T = 1_995_000_000_000_000
export const likeAt = (t: number): number => 2 * (T + t) + 1
export const unlikeAt = (t: number): number => 2 * (T + t)
export const HOUR = 3_600_000_000

/** How far ahead of every known moment an op may lie, microseconds. */
export const AHEAD = 5_000_000

export const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
export const OTHER_POST = '50050001-aaaa-bbbb-cccc-ddddeeee0002'
/** `count` ids of posts that differ from {@link POST}. */
export const postIds = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `60060000-0000-4000-8000-${String(i).padStart(12, '0')}`)
