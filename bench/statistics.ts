/** The value below which a share `q` (0 to 1) of the samples lies. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5)

/** Runs `work` with this many under way at once until the time is up; answers each one's time in milliseconds. */
export async function load(
  work: () => Promise<unknown>,
  concurrency: number,
  seconds: number,
): Promise<number[]> {
  const times: number[] = []
  const end = performance.now() + seconds * 1000
  const one = async () => {
    for (;;) {
      const started = performance.now()
      if (started >= end) return
      await work()
      times.push(performance.now() - started)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, one))
  return times
}

export const round = (value: number, digits: number): number => {
  const scale = 10 ** digits
  return Math.round(value * scale) / scale
}
