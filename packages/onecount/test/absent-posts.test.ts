import { beforeEach, describe, expect, it } from 'vitest'
import type { Onecount, PostgresPort } from '../src'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const MISSING = '50050001-aaaa-bbbb-cccc-ddddeeee9999'
const OTHER = '50050001-aaaa-bbbb-cccc-ddddeeee0002'
const PROCESSES = 20

const stores = forAllTests(startStores)
let processes: Onecount[]
let asked: number
/** Of all processes, milliseconds since 1970: it stands still unless a test lets time pass. */
let now: number
beforeEach(async () => {
  await stores.begin([{ id: OTHER, base: 0 }])
  asked = 0
  now = Date.now()
  processes = Array.from({ length: PROCESSES }, () => {
    const { redis, postgres } = stores.ports()
    return stores.instance({ redis, postgres: counted(postgres), clock: () => now })
  })
})

/** Counts what Postgres is asked about posts. */
function counted(postgres: PostgresPort): PostgresPort {
  const count = <T extends unknown[], R>(call: (...args: T) => R) => {
    return (...args: T): R => {
      asked++
      return call(...args)
    }
  }
  return {
    ...postgres,
    snapshot: count(postgres.snapshot.bind(postgres)),
    peek: count(postgres.peek.bind(postgres)),
  }
}

describe('an id that no post has', () => {
  it('is asked of Postgres once by every process in a second, and no key is made for it', async () => {
    const first = processes.slice(0, 3)
    for (let round = 0; round < 10; round++)
      for (const process of first) expect((await process.read([MISSING], 'ana')).size).toBe(0)
    for (const process of first)
      await expect(process.set(MISSING, 'ana', true)).rejects.toMatchObject({ code: 'post_not_found' })
    expect(asked).toBe(first.length)
    expect((await stores.redis.keys('*')).filter(key => key.includes(MISSING))).toEqual([])
  })

  it('is remembered in the process alone: inventions fill neither Redis nor memory', async () => {
    const invented = Array.from(
      { length: 10_100 },
      (_, i) => `60060000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    )
    await processes[0]!.drainer.flush()
    const before = await stores.redis.dbsize()
    await processes[0]!.read(invented)
    expect(await stores.redis.dbsize()).toBe(before)
    // The newest 10,000 of them are known to be absent.
    asked = 0
    await processes[0]!.read(invented.slice(-100))
    expect(asked).toBe(0)
  })

  it('is found within two seconds of its creation, by every process', async () => {
    for (const process of processes) await process.read([MISSING])
    await stores.sql`insert into posts_new (id, author_id, caption, image_url, likes)
                     select ${MISSING}, author_id, caption, image_url, 3 from posts_new where id = ${OTHER}`
    const found = () =>
      Promise.all(processes.map(async p => (await p.read([MISSING])).get(MISSING)?.count ?? null))
    now += 2000
    expect(await found()).toEqual(Array(PROCESSES).fill(3))
  })
})
