/** A value at a time, milliseconds since 1970; null: it is not known. */
export interface At {
  at: number
  value: number | null
}

/** What a chart shows: times from left to right, and values from 0 to the top. */
export interface Frame {
  from: number
  to: number
  most: number
}

/** The units in which a line is drawn; the picture is stretched to its place. */
export const WIDTH = 600
export const HEIGHT = 100
/** Between two values that are known a line is drawn unless they are farther apart, milliseconds. */
const GAP_MS = 16_000
const MINUTE_MS = 60_000
/** Minutes that a chart shows: the fewest in which a process that began then fits. */
const RANGES = [2, 5, 15]

/** The times of a chart. */
export function rangeOf(since: number, now: number): { from: number; minutes: number } {
  const minutes = RANGES.find(range => now - since <= range * MINUTE_MS) ?? RANGES.at(-1)!
  return { from: now - minutes * MINUTE_MS, minutes }
}

/** The least of 1, 2, 5, 10, 20, … that no value passes; `least` at the least. */
export function topOf(values: readonly (number | null)[], least: number): number {
  const most = Math.max(least, ...values.map(value => value ?? 0))
  const power = 10 ** Math.floor(Math.log10(most))
  return [1, 2, 5, 10].map(step => step * power).find(step => step >= most * (1 - 1e-9))!
}

/** Runs of values that are known and near each other. */
function runsOf(points: readonly At[], { from, to }: Frame): { at: number; value: number }[][] {
  const runs: { at: number; value: number }[][] = []
  let last = Number.NEGATIVE_INFINITY
  for (const { at, value } of points) {
    if (value === null || at < from || at > to) continue
    if (at - last > GAP_MS) runs.push([])
    runs.at(-1)!.push({ at, value })
    last = at
  }
  return runs
}

/** The line through the values, as the `d` of a path; a value alone is a dot. */
export function lineOf(points: readonly At[], frame: Frame): string {
  return runsOf(points, frame)
    .map(run => {
      const [first, ...rest] = run.map(point => place(point, frame))
      return `M${first}${rest.length > 0 ? `L${rest.join(' ')}` : 'h0.01'}`
    })
    .join('')
}

/** What lies below the line. */
export function areaOf(points: readonly At[], frame: Frame): string {
  return runsOf(points, frame)
    .map(run => {
      const line = run.map(point => place(point, frame)).join(' ')
      const [left, right] = [run[0]!, run.at(-1)!].map(({ at }) => x(at, frame))
      return `M${left} ${HEIGHT}L${line} ${right} ${HEIGHT}Z`
    })
    .join('')
}

const place = ({ at, value }: { at: number; value: number }, frame: Frame): string =>
  `${x(at, frame)} ${short(HEIGHT * (1 - Math.min(1, value / frame.most)))}`

const x = (at: number, { from, to }: Frame): number => short((WIDTH * (at - from)) / (to - from))

const short = (number: number): number => Math.round(number * 10) / 10

/** One row for each minute, newest first: the mean of what is known. */
export function minutesOf<T extends { at: number }>(
  points: readonly T[],
  valuesOf: (point: T) => readonly (number | null)[],
): { at: number; values: (number | null)[] }[] {
  const minutes = new Map<number, T[]>()
  for (const point of points) {
    const minute = Math.floor(point.at / MINUTE_MS) * MINUTE_MS
    minutes.set(minute, [...(minutes.get(minute) ?? []), point])
  }
  return [...minutes].reverse().map(([at, all]) => ({ at, values: meansOf(all.map(valuesOf)) }))
}

/** The mean of each column, of what is known in it. */
function meansOf(rows: readonly (readonly (number | null)[])[]): (number | null)[] {
  return (rows[0] ?? []).map((_, column) => meanOf(rows.map(row => row[column] ?? null)))
}

/** Null where none is known. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter(value => value !== null)
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : null
}
