import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../../test/support/for-all-tests'
import { type Interrupted, interrupted } from '../../test/support/interrupted'
import { startStores } from '../../test/support/stores'
import { createOnecount, type Onecount } from './onecount'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }

const stores = forAllTests(startStores)
let ports: Interrupted
let onecount: Onecount
let ahead: number
beforeEach(async () => {
  await stores.begin([POST])
  ahead = 0
  ports = interrupted(stores.ports())
  onecount = createOnecount({
    redis: ports.redis,
    postgres: ports.postgres,
    clock: () => Date.now() + ahead,
    log: { warn() {} },
  })
})

describe('health', () => {
  it('is ok and at rest in the beginning', async () => {
    expect(await onecount.health()).toEqual({
      status: 'ok',
      redis: 'up',
      postgres: 'up',
      pending: 0,
      oldestPendingMs: 0,
      unseen: 0,
      refused: 0,
      paused: null,
      lastDrainAt: null,
    })
  })

  it('tells the number and age of pending ops, until they are drained', async () => {
    await onecount.set(POST.id, 'ana', true)
    await onecount.set(POST.id, 'ben', true)
    ahead = 5000
    const { pending, oldestPendingMs } = await onecount.health()
    expect(pending).toBe(2)
    expect(oldestPendingMs).toBeGreaterThanOrEqual(5000)
    expect(oldestPendingMs).toBeLessThan(15_000)
    const before = Date.now()
    await onecount.drainer.flush()
    const drained = await onecount.health()
    expect(drained).toMatchObject({ pending: 0, oldestPendingMs: 0 })
    expect(Date.parse(drained.lastDrainAt!)).toBeGreaterThanOrEqual(before)
  })

  it('is degraded without Redis, and tells the number of ops that Redis has not seen', async () => {
    await onecount.drainer.flush()
    ports.fail('never arrives', 'redis')
    await onecount.set(POST.id, 'ana', true)
    expect(await onecount.health()).toMatchObject({
      status: 'degraded',
      redis: 'down',
      postgres: 'up',
      pending: null,
      oldestPendingMs: null,
      unseen: 1,
    })
  })

  it('is degraded without Postgres', async () => {
    ports.fail('never arrives', 'postgres')
    expect(await onecount.health()).toMatchObject({
      status: 'degraded',
      redis: 'up',
      postgres: 'down',
      pending: 0,
      unseen: null,
    })
  })

  it('is down without either', async () => {
    ports.fail('never arrives', 'redis', 'postgres')
    expect(await onecount.health()).toMatchObject({ status: 'down', redis: 'down', postgres: 'down' })
  })

  it('is ok without a Redis that was never configured, and down without its Postgres', async () => {
    onecount = createOnecount({ redis: null, postgres: ports.postgres })
    expect(await onecount.health()).toMatchObject({ status: 'ok', redis: 'off', pending: null })
    ports.fail('never arrives', 'postgres')
    expect(await onecount.health()).toMatchObject({ status: 'down', redis: 'off', postgres: 'down' })
  })
})
