import type { Outside, Sum } from '@/app/utils/likes-outside'

export interface Totals {
  /** null: not known. */
  pictures: number | null
  likes: number | null
  /** Pictures in the totals that are not on the pages. */
  others: number
}

/**
 * What all pictures of a person add up to: those on the pages by their counts of this moment, and the others, before
 * the first page and after the last one, as Postgres had them when these were loaded. A sum with an unknown in it is unknown.
 * @param counts of the pictures on the pages
 */
export function totalsOf(
  pages: readonly { outside: Outside | null }[],
  counts: readonly (number | null)[],
): Totals {
  const others = [pages[0]!.outside?.newer, pages.at(-1)!.outside?.older]
  const add = (field: keyof Sum) => sum(others.map(part => part?.[field] ?? null))
  const pictures = add('pictures')
  return {
    pictures: sum([pictures, counts.length]),
    likes: sum([add('likes'), ...counts]),
    others: pictures ?? 0,
  }
}

const sum = (parts: readonly (number | null)[]): number | null =>
  parts.reduce<number | null>((total, part) => (total === null || part === null ? null : total + part), 0)
