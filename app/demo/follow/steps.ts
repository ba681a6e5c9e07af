/** Where a like arrives, in the order in which it usually does. */
export const STEPS = ['shown', 'answered', 'tab', 'stored', 'told'] as const

export type Step = (typeof STEPS)[number]

/** One press, and when it arrived where: milliseconds since the press. */
export interface Run {
  /** Of a page of this browser: `event.timeStamp` of the press. */
  startedAt: number
  /** What the press shall make of the post; a count of `null` is unknown, and no view can be looked at for it. */
  liked: boolean
  count: number | null
  arrivals: Partial<Record<Step, number>>
  /** Nothing more is waited for. */
  isOver: boolean
}

export type RunEvent =
  | { kind: 'pressed'; startedAt: number; liked: boolean; count: number | null }
  | { kind: 'arrived'; step: Step; at: number }
  | { kind: 'over' }

/** Each step counts once, and only what came after the press. Pure. */
export function followRun(run: Run | null, event: RunEvent): Run | null {
  if (event.kind === 'pressed') {
    const { startedAt, liked, count } = event
    return { startedAt, liked, count, arrivals: {}, isOver: false }
  }
  if (!run || run.isOver) return run
  if (event.kind === 'over') return { ...run, isOver: true }
  const { step, at } = event
  if (step in run.arrivals || at < run.startedAt) return run
  return { ...run, arrivals: { ...run.arrivals, [step]: at - run.startedAt } }
}

/** `7 ms`, `0.4 ms`, `1,204 ms`: below ten with a tenth, as clocks of browsers are coarse. */
export const formatMs = (ms: number): string =>
  `${ms.toLocaleString('en', { maximumFractionDigits: ms < 10 ? 1 : 0 })}\u00a0ms`
