import { describe, expect, it } from 'vitest'
import { awakeNow } from './awake'

const TAKES_MS = 300

async function counted(work: () => unknown): Promise<number> {
  const began = awakeNow()
  await work()
  return awakeNow() - began
}

describe('a clock that stops while the process does not run', () => {
  it('counts time in which the process waits', async () => {
    // Looks that come late leave a part out.
    expect(await counted(() => new Promise(resolve => setTimeout(resolve, TAKES_MS)))).toBeGreaterThan(50)
  })

  it('counts time in which the process computes', async () => {
    const compute = () => {
      const before = process.cpuUsage()
      for (let ms = 0; ms < TAKES_MS; ) {
        const { user, system } = process.cpuUsage(before)
        ms = (user + system) / 1000
      }
    }
    expect(await counted(compute)).toBeGreaterThan(TAKES_MS - 20)
  })

  it('leaves out time in which the process was blocked', async () => {
    const asleep = new Int32Array(new SharedArrayBuffer(4))
    const began = performance.now()
    const ms = await counted(() => Atomics.wait(asleep, 0, 0, TAKES_MS))
    expect(performance.now() - began).toBeGreaterThan(TAKES_MS - 20)
    expect(ms).toBeLessThan(TAKES_MS / 2)
  })
})
