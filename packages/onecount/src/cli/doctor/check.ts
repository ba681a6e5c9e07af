import { whyOf } from '../unreachable'

/** What a check has found, and what to do about it. */
export interface Finding {
  /** `skipped`: it could not be looked at from here. */
  verdict: 'ok' | 'warn' | 'fail' | 'skipped'
  check: string
  /** Whose tables were looked at, where there are several kinds. */
  kind?: string
  found: string
  /** Absent where all is well. */
  fix?: string
}

export const ok = (check: string, found: string): Finding => ({ verdict: 'ok', check, found })
export const warn = (check: string, found: string, fix: string): Finding => ({
  verdict: 'warn',
  check,
  found,
  fix,
})
export const fail = (check: string, found: string, fix: string): Finding => ({
  verdict: 'fail',
  check,
  found,
  fix,
})
export const skipped = (check: string, found: string, fix: string): Finding => ({
  verdict: 'skipped',
  check,
  found,
  fix,
})

/** A check that cannot be made has failed: what threw is what was found. */
export async function attempt(
  check: string,
  fix: (error: unknown) => string,
  look: () => Finding | Promise<Finding>,
): Promise<Finding> {
  try {
    return await look()
  } catch (error) {
    return fail(check, whyOf(error), fix(error))
  }
}

/** Whether the usual round trip takes at most `slowMs`; `fix` says what to move. */
export async function checkDistance(
  name: string,
  call: () => Promise<unknown>,
  slowMs: number,
  fix: string,
): Promise<Finding> {
  const median = await medianOf(call)
  const found = `${median.toFixed(2)} ms a round trip`
  return median <= slowMs ? ok(name, found) : warn(name, found, fix)
}

/** Milliseconds of the middle one of several calls. */
async function medianOf(call: () => Promise<unknown>, times = 11): Promise<number> {
  const taken: number[] = []
  for (let i = 0; i < times; i++) {
    const started = performance.now()
    await call()
    taken.push(performance.now() - started)
  }
  return taken.sort((a, b) => a - b)[Math.floor(times / 2)]!
}

/** Clocks further apart than this make ops of one server beat later ones of another; milliseconds. */
const APART_MS = 500

/** Compares a store's clock, read between two looks at ours. */
export async function checkClock(name: string, read: () => Promise<number>): Promise<Finding> {
  const before = Date.now()
  const theirs = await read()
  const apart = Math.round(theirs - (before + Date.now()) / 2)
  const found = `${Math.abs(apart)} ms ${apart < 0 ? 'behind' : 'ahead'}`
  return Math.abs(apart) <= APART_MS
    ? ok(name, found)
    : warn(name, found, 'set the clocks of all servers by NTP: the later of two presses wins by them')
}
