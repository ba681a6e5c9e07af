import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forAllTests } from '../test/support/for-all-tests'
import { ablateRule } from './ablate'

const server = forAllTests(startRedisServer)
let client: Redis
beforeAll(() => (client = new Redis(server.url)))
afterAll(() => client.disconnect())

describe('an engine that does not run', () => {
  it.each([
    ['Lua', 'lua/write.lua', 'tonumber(ARGV[3])', 'ARGV[3].op.op'],
    ['TypeScript', 'src/core/write.ts', 'assertOp(op, liked)', '(null as never)(op, liked)'],
  ])('is not one without a rule: broken %s is not noticed', async (_, file, find, replace) => {
    const { seed, violation } = await ablateRule(client, { name: 'broken', file, find, replace }, 1, 5)
    expect(seed).toBeNull()
    expect(violation).toMatch(/^thrown: /)
  })
})

describe('npm run simulate', () => {
  it.each([
    [['--ablate', '--only', 'typo'], '--only typo'],
    [['--seeds', '0'], '--seeds 0 is not a whole number'],
    [['--sedes', '1'], '--sedes'],
    [['--faults', 'crash,typo'], '--faults typo'],
    [['--partitions', 'x'], '--partitions x is not a whole number'],
    [['--kind', 'uid'], '--kind uid: there is uuid, bigint, text'],
  ])('%j is wrong usage', (args, words) => {
    const main = join(import.meta.dirname, 'main.ts')
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main, ...args], {
      encoding: 'utf8',
    })
    expect(stderr).toContain(words)
    expect(stderr).toContain('Usage:')
    expect(status).toBe(2)
  })

  it('says how many seeds had which ids, and replays one with those that it was given', () => {
    const simulate = (...args: string[]) =>
      spawnSync(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'main.ts'), ...args], {
        encoding: 'utf8',
      }).stdout
    const short = ['--steps', '20', '--faults', '']
    expect(JSON.parse(simulate('--seeds', '16', '--json', ...short))).toMatchObject({
      kinds: { uuid: 10, bigint: 2, text: 2, variants: 2 },
      violations: 0,
    })
    expect(simulate('--seeds', '16', ...short)).toContain(
      '16 seeds (10 with uuid ids, 2 with bigint ids, 2 with',
    )
    expect(JSON.parse(simulate('--seeds', '4', '--kind', 'text', '--json', ...short))).toMatchObject({
      kinds: { text: 4 },
    })
    expect(simulate('--seed', '3', ...short)).toContain('seed 3, bigint ids: calm')
    const replayed = simulate('--seed', '3', '--kind', 'uuid', ...short)
    expect(replayed).toContain('seed 3, uuid ids: calm')
    expect(replayed).toContain('70070000-0000-4000-8000')
  })
})
