import { createOnecount, type Onecount } from 'onecount'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { healthResponse } from '../src/http/health'
import { forAllTests } from './support/for-all-tests'
import { PATIENT_MS, startStores } from './support/stores'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }

const stores = forAllTests(startStores)
const ends: (() => unknown)[] = []
let said: string[]
beforeEach(async () => {
  said = []
  await stores.begin([POST])
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

function logged(redis = stores.ports().redis): Onecount {
  const { postgres } = stores.ports()
  const log = { warn: (message: string) => void said.push(message) }
  const settings = { deadlineMs: PATIENT_MS, breakerMs: PATIENT_MS }
  return createOnecount({ redis, postgres, log, settings })
}

async function configure(setting: string, value: string, usual: string): Promise<void> {
  ends.push(() => stores.redis.config('SET', setting, usual))
  await stores.redis.config('SET', setting, value)
}

const refusals = () => said.filter(line => line.includes('refuses presses'))

describe('a Redis that refuses presses', () => {
  it.each([
    ['whose memory is full', 'maxmemory', '1', 'OOM', /memory is full: raise maxmemory/],
    ['without enough replicas', 'min-replicas-to-write', '1', 'NOREPLICAS', /min-replicas-to-write/],
  ])('%s is named once in the log, and by health', async (_, setting, value, code, remedy) => {
    const onecount = logged()
    await onecount.set(POST.id, 'ana', true)
    await onecount.drainer.flush()
    expect(await onecount.health()).toMatchObject({ status: 'ok', redis: 'up' })
    await configure(setting, value, '0')
    for (const session of ['ben', 'cleo', 'dora', 'eve'])
      expect(await onecount.set(POST.id, session, true)).toMatchObject({ source: 'postgres', durable: true })
    const lines = refusals()
    expect(lines).toEqual([expect.stringMatching(remedy)])
    expect(lines[0]).toContain(`(${code})`)
    const health = await onecount.health()
    expect(health).toMatchObject({ status: 'degraded', postgres: 'up', warnings: lines })
    const { body } = healthResponse({ ...health, lookedAt: '' }, ['a setting'])
    expect(JSON.parse(String(body))).toMatchObject({ status: 'degraded', warnings: ['a setting', ...lines] })
  })

  /** On a connection of a user without some rights. */
  async function lacking(...rights: string[]): Promise<Onecount> {
    await stores.redis.call('ACL', 'SETUSER', 'likes', 'reset', 'on', '>x', '~*', '+@all', ...rights)
    ends.push(() => stores.redis.call('ACL', 'DELUSER', 'likes'))
    const url = stores.redisUrl.replace('://', '://likes:x@')
    const client = createRedisClient(url, { commandTimeout: PATIENT_MS })
    ends.push(() => client.disconnect())
    return logged(ioredisPort(client))
  }
  const press = async (onecount: Onecount) => {
    for (const session of ['ana', 'ben', 'cleo', 'dora'])
      expect(await onecount.set(POST.id, session, true)).toMatchObject({ source: 'postgres' })
  }
  it('for want of EVAL is named by the drain, and by health', async () => {
    const onecount = await lacking('-eval', '-evalsha')
    onecount.drainer.start()
    ends.push(() => onecount.drainer.stop())
    await press(onecount)
    await expect
      .poll(() => said)
      .toContainEqual(
        expect.stringMatching(/^drain paused: redis is unreachable \(.*NOPERM.*'eval(sha)?' command\)$/),
      )
    expect(refusals()).toEqual([expect.stringContaining('(NOPERM)')])
    expect(await onecount.health()).toMatchObject({
      status: 'degraded',
      redis: 'down',
      paused: 'unreachable',
    })
    expect(said.join('\n')).not.toMatch(/50050001|likes:pending|\bana\b/)
  })

  it('for want of a command of its scripts is named in the log, and by health', async () => {
    const onecount = await lacking('-zadd')
    await press(onecount)
    expect(refusals()).toEqual([expect.stringContaining('its user lacks rights')])
    expect(await onecount.health()).toMatchObject({ status: 'degraded', warnings: refusals() })
  })
})
