import styles from './drawings.module.css'

interface DrawingProps {
  className?: string
}

/** All of them are views through the same rounded window. */
function Drawing({ className, children }: DrawingProps & { children: React.ReactNode }) {
  return (
    <svg
      viewBox="0 0 280 180"
      width="280"
      height="180"
      className={`${styles.window} ${className ?? ''}`}
      aria-hidden="true"
    >
      <rect width="280" height="180" className={styles.sky} />
      {children}
    </svg>
  )
}

const PAW =
  'M0 2c3 0 5.5 2.5 5.5 5 0 2-1.5 3-3 3-1 0-1.5-.5-2.5-.5s-1.5.5-2.5.5c-1.5 0-3-1-3-3 0-2.5 2.5-5 5.5-5Z'

function Paw({ x, y, turn, size = 1 }: { x: number; y: number; turn: number; size?: number }) {
  return (
    <g transform={`translate(${x} ${y}) rotate(${turn}) scale(${size})`}>
      <path d={PAW} />
      <circle cx="-6" cy="1" r="1.9" />
      <circle cx="-2.5" cy="-2.5" r="2" />
      <circle cx="2.5" cy="-2.5" r="2" />
      <circle cx="6" cy="1" r="1.9" />
    </g>
  )
}

/** Steps of a visitor who has gone over the hill. */
export function TracksDrawing({ className }: DrawingProps) {
  return (
    <Drawing className={className}>
      <circle cx="204" cy="58" r="20" className={styles.accent} />
      <path d="M0 104c40-34 84-40 128-20 30 13 54 12 84-4 24-12 46-14 68-8v108H0Z" className={styles.far} />
      <path d="M0 132c52-26 108-30 168-12 42 12 78 12 112 2v58H0Z" className={styles.near} />
      <g className={styles.mark}>
        <Paw x={70} y={164} turn={24} size={1.35} />
        <Paw x={98} y={150} turn={40} size={1.15} />
        <Paw x={112} y={136} turn={18} size={1} />
        <Paw x={136} y={128} turn={42} size={0.85} />
        <Paw x={146} y={118} turn={16} size={0.7} />
        <Paw x={162} y={113} turn={40} size={0.55} />
      </g>
    </Drawing>
  )
}

/** The mountain is still there; it cannot be seen right now. */
export function FogDrawing({ className }: DrawingProps) {
  return (
    <Drawing className={className}>
      <circle cx="84" cy="50" r="20" className={styles.accent} />
      <path d="M-10 180 88 74l40 44 52-76L300 180Z" className={styles.near} />
      <path d="m180 42-29 42 15 10 14-12 13 13 16-13Z" className={styles.paper} />
      <g className={styles.fog}>
        <rect x="8" y="92" width="120" height="16" rx="8" />
        <rect x="148" y="84" width="96" height="16" rx="8" />
        <rect x="52" y="118" width="176" height="16" rx="8" />
        <rect x="0" y="144" width="112" height="16" rx="8" />
        <rect x="132" y="144" width="148" height="16" rx="8" />
      </g>
    </Drawing>
  )
}

/** Who lives here does not come out. */
export function BurrowDrawing({ className }: DrawingProps) {
  return (
    <Drawing className={className}>
      <circle cx="226" cy="46" r="14" className={styles.accent} />
      <path d="M0 128c44-16 84-18 128-14l152 10v56H0Z" className={styles.far} />
      <path d="M44 180c0-74 38-118 96-118s96 44 96 118Z" className={styles.near} />
      <path d="M92 180c0-44 18-70 48-70s48 26 48 70Z" className={styles.hole} />
      <g className={styles.eyes}>
        <circle cx="126" cy="148" r="7" />
        <circle cx="154" cy="148" r="7" />
        <circle cx="128" cy="149" r="3" className={styles.hole} />
        <circle cx="156" cy="149" r="3" className={styles.hole} />
      </g>
      <g className={styles.blades}>
        <path d="M62 120c-4-12-4-20-10-28M68 112c0-12 4-18 4-28M214 118c2-12 6-18 12-24M206 108c-2-10 0-18-4-26" />
      </g>
    </Drawing>
  )
}
