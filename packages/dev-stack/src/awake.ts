const TICK_MS = 10
/** The most that counts of a stretch in which this process has neither looked nor computed, milliseconds. */
const MOST_MISSED_MS = 50

// Also where a test puts others in their place later.
const { performance, setInterval } = globalThis

let counted = 0
let lookedAt = performance.now()
let computed = processorMs()
setInterval(look, TICK_MS).unref()

/**
 * A clock for bounds on how long something takes, milliseconds since some moment. It counts what this process waits for
 * and what it computes, and leaves out stretches in which the machine did not let it run: a virtual machine that was
 * paused, processors that others had.
 *
 * @example
 * const began = awakeNow()
 * await call()
 * expect(awakeNow() - began).toBeLessThan(1000)
 */
export function awakeNow(): number {
  look()
  return counted
}

function look(): void {
  const [now, computedNow] = [performance.now(), processorMs()]
  const passed = now - lookedAt
  counted += Math.min(passed, Math.max(MOST_MISSED_MS, computedNow - computed))
  lookedAt = now
  computed = computedNow
}

/** What this process has computed, in all of its threads. */
function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
