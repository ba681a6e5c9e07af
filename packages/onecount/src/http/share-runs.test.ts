import { describe, expect, it } from 'vitest'
import { shareRuns } from './share-runs'

/** Runs that end when the test says so. */
function controlled() {
  const ends: { resolve(value: string): void; reject(error: Error): void }[] = []
  const run = shareRuns(() => new Promise<string>((resolve, reject) => void ends.push({ resolve, reject })))
  return { ends, run }
}
/** Every callback that is due without a timer has run. */
const settled = () => new Promise(resolve => setImmediate(resolve))

describe('runs that are shared', () => {
  it('are two for many callers at once: the run that is under way, and one that begins after all of them have asked', async () => {
    const { ends, run } = controlled()
    const asked = [run(), run(), run(), run()]
    expect(ends).toHaveLength(1)
    ends[0]!.resolve('first')
    await settled()
    expect(ends).toHaveLength(2)
    ends[1]!.resolve('second')
    expect(await Promise.all(asked)).toEqual(['first', 'second', 'second', 'second'])
  })

  it('go on after a run that failed, whose error reaches only its own callers', async () => {
    const { ends, run } = controlled()
    const failing = run()
    const later = run()
    ends[0]!.reject(new Error('postgres is away'))
    await expect(failing).rejects.toThrow('postgres is away')
    await settled()
    ends[1]!.resolve('drained')
    expect(await later).toBe('drained')
    const again = run()
    ends[2]!.resolve('anew')
    expect(await again).toBe('anew')
  })
})
