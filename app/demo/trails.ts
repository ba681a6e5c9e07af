import { VIEWS, type View } from './views'

/** The numbers that each view has shown, in their order: the last one stands there now. */
export type Trails = Record<View, (number | null)[]>

/** As many as there is room for beside the name of a view. */
const KEPT = 3

export const startTrails = (counts: Record<View, number | null>): Trails =>
  Object.fromEntries(VIEWS.map(view => [view, [counts[view]]])) as Trails

/** The trails after a view has shown a number; the same object when that is what stood there. Pure. */
export function addToTrail(trails: Trails, view: View, count: number | null): Trails {
  const trail = trails[view]
  return trail.at(-1) === count ? trails : { ...trails, [view]: [...trail, count].slice(-KEPT) }
}

/** The different numbers that stand there now, the smallest first; unknown ones are left out. Pure. */
export function numbersShown(trails: Trails): number[] {
  const shown = VIEWS.map(view => trails[view].at(-1)).filter(count => typeof count === 'number')
  return [...new Set(shown)].sort((a, b) => a - b)
}
