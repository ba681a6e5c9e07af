import { DEFAULT_SETTINGS } from 'onecount'
import type { Row } from './drill'
import { CLUSTER_FAULTS, FAULTS } from './faults'
import { FUNCTION_FAULTS } from './functions'

/**
 * Beyond the engine's own deadline: the way there and back, and a machine that does everything at once. A browser, which
 * waits for 8 s, would see the answer.
 */
const SLACK_MS = 1900

const ALL = [...FAULTS, ...CLUSTER_FAULTS, ...FUNCTION_FAULTS]

/** Where the rows break a promise, a line each. */
export function failuresOf(rows: readonly Row[]): string[] {
  return rows.flatMap(({ fault, times, acknowledged, lost, drift, workerEnds, slowest }) => {
    const { losesRedis, endsWorker, isPeoples } = ALL.find(({ name }) => name === fault)!
    const failures = drift.map(text => `drift: ${text}`)
    if (times === 0 || acknowledged === 0) failures.push('nothing happened')
    if (lost.postgres > 0) failures.push(`${lost.postgres} lost that Postgres had acknowledged`)
    if (lost.browser > 0) failures.push(`${lost.browser} lost that a browser had kept`)
    if (lost.redis > 0 && !losesRedis) failures.push(`${lost.redis} lost, and Redis had lost nothing`)
    if (!endsWorker) failures.push(...workerEnds.map(words => `the worker ended by itself: ${words}`))
    if (slowest > DEFAULT_SETTINGS.deadlineMs + SLACK_MS && !isPeoples)
      failures.push(`an answer took ${Math.round(slowest)} ms`)
    return failures.map(text => `${fault}: ${text}`)
  })
}
