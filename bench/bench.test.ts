import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const bench = (...args: string[]) =>
  run(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...args], { timeout: 120_000 })

/** The measures whose size can be given, at their smallest: they still speak the language of the engine. */
describe('npm run bench', () => {
  it('drains a backlog', async () => {
    const { stdout } = await bench('drain', '--ops', '1000')
    expect(stdout).toContain('Postgres has every like of the backlog')
  }, 120_000)

  it('asks Postgres each call of its port', async () => {
    const { stdout } = await bench('plans', '--ratings', '1000', '--json')
    const { ratings, timed } = JSON.parse(stdout)
    expect(ratings).toBe(1000)
    expect(timed).toHaveLength(13)
    for (const { calls } of timed) expect(calls).toBeGreaterThan(0)
  }, 120_000)

  it('measures a post by how many like it', async () => {
    const { stdout } = await bench('size', '--ratings', '1000')
    expect(stdout).toContain('growth')
  }, 120_000)

  it('refuses a number that is out of bounds, and names it', async () => {
    await expect(bench('plans', '--ratings', '0')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--ratings takes a number from 1 to 10000000'),
    })
  })
})
