'use client'

import { type PointerEvent, useMemo } from 'react'
import styles from './Chart.module.css'
import { areaOf, type Frame, HEIGHT, lineOf, meanOf, minutesOf, topOf, WIDTH } from './line'
import type { Point } from './point'
import { formatTime } from './words'

/** One line of a chart. */
export interface Series {
  name: string
  of: Exclude<keyof Point, 'at'>
}

interface ChartProps {
  title: string
  /** What stands behind the number: `a second`. */
  unit: string
  series: readonly Series[]
  points: readonly Point[]
  /** The times that are shown, milliseconds since 1970. */
  from: number
  to: number
  minutes: number
  /** The top is not lower than this, so that little does not look like much. */
  least: number
  format(value: number | null): string
  /** The time that the reader points at in any of the charts; null: none. */
  at: number | null
  onPoint(at: number | null): void
}

/** The number at the top is the mean of this time, milliseconds. */
const NOW_MS = 10_000

/** A number as it is now, and how it came to be: a line, and the same as a table. */
export function Chart(props: ChartProps) {
  const { title, unit, series, points, from, to, minutes, least, format, at, onPoint } = props
  const top = topOf(
    points.flatMap(point => series.map(one => (point.at >= from ? point[one.of] : null))),
    least,
  )
  const drawn = useMemo(() => {
    const frame: Frame = { from, to, most: top }
    return series.map(({ name, of }, i) => {
      const values = points.map(point => ({ at: point.at, value: point[of] }))
      return { name, line: lineOf(values, frame), area: i === 0 ? areaOf(values, frame) : '' }
    })
  }, [series, points, from, to, top])

  const pointed = at === null ? null : nearest(points, at)
  const recent = points.filter(point => point.at > (points.at(-1)?.at ?? 0) - NOW_MS)
  const shown = series.map(({ of }) => (pointed ? pointed[of] : meanOf(recent.map(point => point[of]))))
  const most = series.map(({ name, of }) => {
    const known = points.flatMap(point => point[of] ?? [])
    return `${series.length > 1 ? `${name} ` : ''}${format(known.length > 0 ? Math.max(...known) : null)}`
  })

  function follow({ clientX, currentTarget }: PointerEvent<SVGSVGElement>): void {
    const { left, width } = currentTarget.getBoundingClientRect()
    onPoint(from + ((to - from) * (clientX - left)) / width)
  }

  return (
    <figure className={styles.chart}>
      <figcaption>
        <h3 className={styles.title}>{title}</h3>
        {series.length === 1 ? (
          <p className={styles.value}>
            <Figure value={shown[0]!} format={format} /> {unit}
          </p>
        ) : (
          <ul className={styles.values}>
            {series.map(({ name }, i) => (
              <li key={name} data-line={i}>
                <Figure value={shown[i]!} format={format} /> {name}
              </li>
            ))}
          </ul>
        )}
      </figcaption>
      <div className={styles.plot}>
        <svg
          className={styles.picture}
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}, the last ${minutes} minutes; the highest: ${most.join(', ')}`}
          onPointerMove={follow}
          onPointerDown={follow}
          onPointerLeave={() => onPoint(null)}
        >
          <path className={styles.grid} d={`M0 0H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}`} />
          {drawn.map(({ name, area }) => area && <path key={name} className={styles.area} d={area} />)}
          {drawn.map(({ name, line }, i) => (
            <path key={name} className={styles.line} data-line={i} d={line} />
          ))}
          {pointed && (
            <path
              className={styles.pointer}
              d={`M${(WIDTH * (pointed.at - from)) / (to - from)} 0V${HEIGHT}`}
            />
          )}
        </svg>
        <span className={styles.top} aria-hidden>
          {format(top)}
        </span>
      </div>
      <p className={styles.axis} aria-hidden>
        <span>{pointed ? formatTime(pointed.at) : `${minutes} min ago`}</span>
        <span>{pointed ? '' : 'now'}</span>
      </p>
      <Table {...props} />
    </figure>
  )
}

const Figure = ({ value, format }: { value: number | null } & Pick<ChartProps, 'format'>) => (
  <b data-unknown={value === null || undefined}>{format(value)}</b>
)

/** What the line shows, minute by minute. */
function Table({ title, unit, series, points, format }: ChartProps) {
  const rows = minutesOf(points, point => series.map(({ of }) => point[of]))
  return (
    <details className={styles.table}>
      <summary>
        As a table<span className="visually-hidden">: {title}</span>
      </summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Minute (UTC)</th>
            {series.map(({ name }) => (
              <th key={name} scope="col">
                {series.length > 1 ? name : unit}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ at, values }) => (
            <tr key={at}>
              <th scope="row">{formatTime(at).slice(0, 5)}</th>
              {series.map(({ name }, i) => (
                <td key={name}>{format(values[i] ?? null)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

/** The point whose time is nearest; null where there is none. */
const nearest = (points: readonly Point[], at: number): Point | null =>
  points.reduce<Point | null>(
    (best, point) => (best && Math.abs(best.at - at) <= Math.abs(point.at - at) ? best : point),
    null,
  )
