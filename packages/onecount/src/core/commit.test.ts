import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../../test/support/for-all-tests'
import { type Interrupted, interrupted } from '../../test/support/interrupted'
import { startStores } from '../../test/support/stores'
import { createOnecount, type Onecount } from './onecount'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const MISSING = '50050001-aaaa-bbbb-cccc-ddddeeee9999'

const stores = forAllTests(startStores)
let ports: Interrupted
let onecount: Onecount
const instance = (batchSize = 1000) =>
  createOnecount({ ...ports, ack: 'postgres', log: { warn() {} }, settings: { batchSize, breakerMs: 0 } })
beforeEach(async () => {
  await stores.begin([POST])
  ports = interrupted(stores.ports())
  onecount = instance()
})

const inPostgres = async () => (await stores.compare(POST)).postgres.members.length

describe("a like with ack: 'postgres'", () => {
  it('is durable when it is answered', async () => {
    expect(await onecount.set(POST.id, 'ana', true)).toMatchObject({ count: 447, durable: true })
    expect(await inPostgres()).toBe(1)
    expect(await onecount.toggle(POST.id, 'ana')).toMatchObject({ count: 446, liked: false, durable: true })
    expect(await inPostgres()).toBe(0)
  })

  it('can be asked for, or left out, in one call', async () => {
    expect(await onecount.set(POST.id, 'ana', true, { ack: 'redis' })).toMatchObject({ durable: false })
    const other = stores.instance()
    expect(await other.set(POST.id, 'ben', true, { ack: 'postgres' })).toMatchObject({ durable: true })
    expect(await other.toggle(POST.id, 'eva', { ack: 'postgres' })).toMatchObject({ durable: true })
    expect((await stores.compare(POST)).postgres.members).toEqual(expect.arrayContaining(['ben', 'eva']))
  })

  it('shares batches with the others that wait', async () => {
    const sessions = Array.from({ length: 200 }, (_, i) => `s${i}`)
    const states = await Promise.all(sessions.map(s => onecount.set(POST.id, s, true)))
    expect(states.every(state => state.durable)).toBe(true)
    expect(await inPostgres()).toBe(200)
    expect(ports.count('postgres.sync')).toBeLessThan(20)
  })

  it('does not wait for a long queue', async () => {
    const sessions = Array.from({ length: 50 }, (_, i) => `a${String(i).padStart(3, '0')}`)
    for (const session of sessions) await onecount.set(POST.id, session, true, { ack: 'redis' })
    const slow = instance(5)
    expect(await slow.set(POST.id, 'zoe', true)).toMatchObject({ durable: true })
    expect((await stores.compare(POST)).postgres.members).toContain('zoe')
    expect(ports.count('postgres.sync')).toBeLessThan(10)
  })

  it('is durable too when another drainer has drained it, or is draining it', async () => {
    const others = [stores.instance(), stores.instance()]
    const sessions = Array.from({ length: 30 }, (_, i) => `s${i}`)
    const [states] = await Promise.all([
      Promise.all(sessions.map(s => onecount.set(POST.id, s, true))),
      ...others.map(other => other.drainer.flush()),
    ])
    expect(states.every(state => state.durable)).toBe(true)
    expect(await inPostgres()).toBe(30)
  })

  it('is refused as unavailable while Postgres does not answer, stays accepted, and is durable with its repeat', async () => {
    await onecount.read([POST.id])
    ports.fail('never arrives', 'postgres')
    const error = await onecount.set(POST.id, 'ana', true).catch(e => e)
    expect(error).toMatchObject({ code: 'unavailable', status: 503 })
    expect((await onecount.read([POST.id], 'ana')).get(POST.id)).toMatchObject({ count: 447, liked: true })
    ports.restore()
    expect(await onecount.set(POST.id, 'ana', true)).toMatchObject({ count: 447, durable: true })
    expect(await inPostgres()).toBe(1)
  })

  it('goes to Postgres where Redis dies after it has accepted it', async () => {
    await onecount.read([POST.id])
    ports.fail('never arrives', 'redis.collect')
    expect(await onecount.set(POST.id, 'ana', true)).toMatchObject({ durable: true })
    expect(await inPostgres()).toBe(1)
  })

  it('of a post that is not there is refused', async () => {
    await expect(onecount.set(MISSING, 'ana', true)).rejects.toMatchObject({ code: 'post_not_found' })
  })
})
