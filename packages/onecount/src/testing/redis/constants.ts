/** Microseconds. Ops of it need all the digits that real ones need. */
export const T = 1_995_000_000_000_000
export const likeAt = (t: number): number => 2 * (T + t) + 1
export const unlikeAt = (t: number): number => 2 * (T + t)
export const HOUR = 3_600_000_000

/** How far ahead of every known moment an op may lie, microseconds. */
export const AHEAD = 5_000_000

const [FIRST, SECOND] = [
  '50050001-aaaa-bbbb-cccc-ddddeeee0001',
  '50050001-aaaa-bbbb-cccc-ddddeeee0002',
] as const
let suffix = ''
export let POST: string = FIRST
export let OTHER_POST: string = SECOND
/** `count` ids of posts that differ from {@link POST}. */
export const postIds = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `60060000-0000-4000-8000-${String(i).padStart(12, '0')}${suffix}`)

/** From now on ids of posts end with this: '', or a variant. */
export function endIdsWith(text: string): void {
  suffix = text
  POST = `${FIRST}${text}`
  OTHER_POST = `${SECOND}${text}`
}
