import { UNKNOWN } from '@/app/components/format'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const finest = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })

/** 1,234, 12, 3.5, 0.04; a dash when it is unknown. */
export function formatNumber(value: number | null): string {
  if (value === null) return UNKNOWN
  if (value >= 100) return whole.format(value)
  return (value >= 1 ? fine : finest).format(value)
}

/** 0.4 ms, 3.5 ms, 12 ms, 1.2 s. */
export function formatMs(ms: number | null): string {
  if (ms === null) return UNKNOWN
  return ms < 1000
    ? `${ms < 10 ? fine.format(ms) : whole.format(ms)}\u00a0ms`
    : `${fine.format(ms / 1000)}\u00a0s`
}

/** 0 s, 42 s, 3 min 5 s, 2 h 10 min, 4 d 2 h. */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return UNKNOWN
  if (seconds > 0 && seconds < 1) return formatMs(seconds * 1000)
  const all = Math.floor(seconds)
  const parts = [
    [Math.floor(all / 86_400), 'd'],
    [Math.floor(all / 3600) % 24, 'h'],
    [Math.floor(all / 60) % 60, 'min'],
    [all % 60, 's'],
  ] as const
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first === -1) return '0\u00a0s'
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}\u00a0${unit}`)
    .join(' ')
}

/** 214 B, 12.3 kB, 4.1 MB. */
export function formatBytes(bytes: number): string {
  const steps = [
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ] as const
  const step = steps.find(([size]) => bytes >= size)
  return step ? `${fine.format(bytes / step[0])}\u00a0${step[1]}` : `${whole.format(bytes)}\u00a0B`
}

/** 14:05:12, of UTC: the same on the server and in every browser, and as logs have it. Milliseconds since 1970. */
export const formatTime = (at: number): string => new Date(at).toISOString().slice(11, 19)

/** 27 November, 14:05:12; without the date on the same day. */
export function formatMoment(at: number, now: number): string {
  const [day, today] = [at, now].map(time => new Date(time).toISOString().slice(0, 10))
  return day === today ? formatTime(at) : `${day} ${formatTime(at)}`
}
