import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../../test/support/for-all-tests'
import { type Interrupted, interrupted } from '../../test/support/interrupted'
import { startStores } from '../../test/support/stores'
import { StoreRefused } from './errors'
import { groupWrites } from './group-writes'
import { createOnecount, type Onecount } from './onecount'

const POSTS = Array.from({ length: 5 }, (_, i) => ({
  id: `50050001-aaaa-bbbb-cccc-ddddeeee000${i}`,
  base: 10 * i,
}))
const [HOT] = POSTS as [(typeof POSTS)[0]]
const MISSING = '50050001-aaaa-bbbb-cccc-ddddeeee9999'

const stores = forAllTests(startStores)
let ports: Interrupted
let onecount: Onecount
beforeEach(async () => {
  await stores.begin(POSTS)
  ports = interrupted(stores.ports())
  onecount = createOnecount({ redis: null, postgres: ports.postgres, log: { warn() {} } })
})

const ratings = (post: { id: string }) =>
  stores.sql`select session_id from post_ratings where post_id = ${post.id}`.then(rows => rows.length)
const like = (postId: string, sessionId: string) => ({ postId, sessionId, op: null, liked: true })

describe('presses on Postgres alone', () => {
  it('share calls with those that come meanwhile, and each is answered for itself', async () => {
    const sessions = Array.from({ length: 200 }, (_, i) => `s${i}`)
    const states = await Promise.all(sessions.map(s => onecount.set(HOT.id, s, true)))
    for (const state of states)
      expect(state).toMatchObject({ liked: true, durable: true, source: 'postgres' })
    expect(await ratings(HOT)).toBe(200)
    expect(ports.count('postgres.write')).toBeLessThan(10)
  })

  it('go at once when nothing is under way', async () => {
    await onecount.set(HOT.id, 'ana', true)
    await onecount.set(HOT.id, 'ana', false)
    expect(ports.count('postgres.write')).toBe(2)
  })

  it('of one session on one post are written one after the other', async () => {
    const done = await Promise.all(
      Array.from({ length: 9 }, (_, i) => onecount.set(HOT.id, 'ana', i % 2 === 0)),
    )
    expect(new Set(done.map(state => state.op)).size).toBe(9)
    expect(await ratings(HOT)).toBe(1)
    expect((await onecount.read([HOT.id], 'ana')).get(HOT.id)).toMatchObject({ count: 1, liked: true })
  })

  it('on a post that is not there do not hold up the others', async () => {
    const outcomes = await Promise.allSettled(
      [HOT.id, MISSING, HOT.id, MISSING, HOT.id].map((id, i) => onecount.set(id, `s${i}`, true)),
    )
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(await ratings(HOT)).toBe(3)
  })

  it('of several processes on the same posts never lock each other out', async () => {
    const processes = Array.from({ length: 4 }, () =>
      createOnecount({ redis: null, postgres: stores.ports().postgres, log: { warn() {} } }),
    )
    const presses = processes.flatMap((process, p) =>
      Array.from({ length: 100 }, (_, i) => process.set(POSTS[(i * (p + 1)) % 5]!.id, `s${p}-${i}`, true)),
    )
    await Promise.all(presses)
    const counts = await Promise.all(POSTS.map(ratings))
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(400)
    for (const post of POSTS) {
      const { postgres } = await stores.compare(post)
      expect(postgres.count).toBe(post.base + postgres.members.length)
    }
  })

  it('are refused when Postgres does not answer, and the next ones are written', async () => {
    ports.fail('never arrives', 'postgres.write')
    const sessions = Array.from({ length: 20 }, (_, i) => `s${i}`)
    for (const result of await Promise.allSettled(sessions.map(s => onecount.set(HOT.id, s, true))))
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } })
    ports.restore()
    expect(await onecount.set(HOT.id, 'ana', true)).toMatchObject({ count: 1 })
  })
})

describe('a group of presses', () => {
  it('holds the next presses of all sessions that were answered together', async () => {
    const people = Array.from({ length: 20 }, (_, i) => `s${i}`)
    await Promise.all(
      people.map(async person => {
        for (const isLiked of [true, false, true]) await onecount.set(HOT.id, person, isLiked)
      }),
    )
    expect(ports.count('postgres.write')).toBe(3)
    expect(await ratings(HOT)).toBe(20)
  })

  it('holds a press that Postgres refuses, and the others count', async () => {
    await stores.sql.unsafe(`
      create function barred() returns trigger language plpgsql as $$ begin raise exception 'barred'; end $$;
      create trigger barred before insert on post_ratings for each row when (new.session_id = 'bad')
        execute function barred()`)
    try {
      const port = groupWrites(ports.postgres, { calls: 1 })
      const done = await Promise.all(
        ['first', 'ana', 'bad', 'ben'].map(s => port.write([like(HOT.id, s)], 1)),
      )
      expect(done.map(([result]) => result?.status)).toEqual(['applied', 'applied', 'refused', 'applied'])
      expect(ports.count('postgres.write')).toBe(1)
      expect(await ratings(HOT)).toBe(3)
    } finally {
      await stores.sql.unsafe('drop function barred cascade')
    }
  })

  it('is not tried press by press when Postgres refuses every call', async () => {
    let calls = 0
    const refusing = {
      ...ports.postgres,
      write: async () => {
        calls++
        throw new StoreRefused('42P01', 'relation does not exist')
      },
    }
    const port = groupWrites(refusing, { calls: 1 })
    const sessions = Array.from({ length: 50 }, (_, i) => `s${i}`)
    const outcomes = await Promise.allSettled(sessions.map(s => port.write([like(HOT.id, s)], 1)))
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { sqlstate: '42P01' } })
    expect(calls).toBe(1)
  })

  it('waits for a press of one of its pairs that is under way, and the others do not', async () => {
    const begun: string[] = []
    const ends: (() => void)[] = []
    const port = groupWrites(
      {
        ...ports.postgres,
        write: writes =>
          new Promise(resolve => {
            begun.push(writes.map(({ sessionId, liked }) => `${sessionId}:${liked}`).join())
            ends.push(() => resolve(writes.map(() => ({ status: 'gone' }))))
          }),
      },
      { calls: 2 },
    )
    const first = port.write([like(HOT.id, 'ana')], 1)
    await expect.poll(() => begun).toEqual(['ana:true'])
    const done = [
      first,
      port.write([{ ...like(HOT.id, 'ana'), liked: false }], 2),
      port.write([like(HOT.id, 'ben')], 2),
    ]
    await expect.poll(() => begun).toEqual(['ana:true', 'ben:true'])
    ends[1]!()
    await done[2]
    expect(begun).toHaveLength(2)
    ends[0]!()
    await done[0]
    await expect.poll(() => begun).toEqual(['ana:true', 'ben:true', 'ana:false'])
    ends[2]!()
    await done[1]
  })

  it('is judged by one limit, and no press overtakes one of its pair', async () => {
    const calls: unknown[] = []
    const port = groupWrites(
      {
        ...stores.ports().postgres,
        async write(writes, now, options) {
          calls.push([writes.map(w => w.sessionId).join(), now, options?.ahead])
          return writes.map(() => ({ status: 'gone' }))
        },
      },
      { calls: 1, size: 2 },
    )
    await Promise.all([
      port.write([like(HOT.id, 'a')], 1),
      port.write([like(HOT.id, 'b')], 2, { ahead: 5 }),
      port.write([like(HOT.id, 'c')], 4),
      port.write([like(HOT.id, 'd')], 3, { ahead: 5 }),
      port.write([like(HOT.id, 'c')], 5, { ahead: 5 }),
      port.write([like(HOT.id, 'e')], 3, { ahead: 5 }),
    ])
    expect(calls).toEqual([
      ['a,c', 4, undefined],
      ['b,d', 3, 5],
      ['c,e', 5, 5],
    ])
  })

  it('does not hold presses whose callers were answered long ago', async () => {
    let time = 0
    const port = groupWrites(ports.postgres, { calls: 1, patienceMs: 100, elapsed: () => time })
    const first = port.write([like(HOT.id, 'ana')], 1)
    await expect.poll(() => ports.count('postgres.write')).toBe(1)
    const late = port.write([like(HOT.id, 'ben')], 1).catch((error: unknown) => error)
    time = 101
    await first
    expect(await late).toMatchObject({ store: 'postgres' })
    expect(await ratings(HOT)).toBe(1)
  })
})
