import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../../test/support/for-all-tests'
import { type Interrupted, interrupted } from '../../test/support/interrupted'
import { startStores } from '../../test/support/stores'
import { createOnecount, type Onecount } from './onecount'
import type { Logger } from './ports'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }

const stores = forAllTests(startStores)
let ports: Interrupted
let warnings: string[]
beforeEach(async () => {
  await stores.begin([POST])
  ports = interrupted(stores.ports())
  warnings = []
})

function instance(batchSize = 1000): Onecount {
  const log: Logger = { warn: message => void warnings.push(message) }
  return createOnecount({ redis: ports.redis, postgres: ports.postgres, settings: { batchSize }, log })
}
const post = async () => (await stores.sql`select likes, likes_rev from posts_new where id = ${POST.id}`)[0]!
const readRev = async (onecount: Onecount) => (await onecount.read([POST.id])).get(POST.id)!.rev

describe('a tick of the drain', () => {
  it('carries the revision of Redis to Postgres, with the count it belongs to', async () => {
    const onecount = instance()
    await onecount.set(POST.id, 'ana', true)
    const { rev } = await onecount.set(POST.id, 'ben', true)
    await onecount.drainer.flush()
    expect(await post()).toEqual({ likes: 448, likes_rev: String(rev) })
  })

  it.each(['applied', 'lost'])(
    'never gives a part of the ops of a post the revision of the whole (its first batch is %s)',
    async first => {
      const onecount = instance(3)
      for (const session of ['a', 'b', 'c', 'd', 'e']) await onecount.set(POST.id, session, true)
      await onecount.drainer.tick()
      const rev = await readRev(onecount)
      if (first === 'lost') ports.failOnce('never arrives', 'postgres.sync')
      await onecount.drainer.tick().catch(() => {})
      for (let i = 0; i < 4; i++) {
        await onecount.drainer.tick()
        const { likes, likes_rev } = await post()
        if (likes !== 451) expect(Number(likes_rev)).toBeLessThan(rev)
      }
      expect(await post()).toMatchObject({ likes: 451 })
    },
  )

  it('goes on after an instance that died between sync and settle', async () => {
    const dying = instance()
    await dying.set(POST.id, 'ana', true)
    await dying.drainer.flush()
    await dying.set(POST.id, 'ben', true)
    ports.failOnce('never arrives', 'redis.settle')
    await expect(dying.drainer.tick()).rejects.toMatchObject({ store: 'redis' })
    const next = instance()
    expect(await next.drainer.tick()).toMatchObject({ outcome: 'drained', drained: 1 })
    expect(await post()).toMatchObject({ likes: 448 })
    expect(await next.drainer.tick()).toMatchObject({ outcome: 'idle' })
    expect(await next.health()).toMatchObject({ pending: 0 })
    expect(warnings).toEqual([])
  })

  it('detects that Redis was restored from a backup: ops drained since then come back from Postgres', async () => {
    const onecount = instance()
    await onecount.drainer.flush()
    await onecount.set(POST.id, 'ana', true)
    await onecount.drainer.flush()
    const backup = await Promise.all(
      (await stores.redis.keys('*')).map(async key => [key, await stores.redis.dumpBuffer(key)] as const),
    )
    await onecount.set(POST.id, 'ben', true)
    await onecount.set(POST.id, 'ana', false)
    await onecount.drainer.flush()

    await stores.redis.flushall()
    for (const [key, value] of backup) await stores.redis.restore(key, 0, value!)
    expect((await onecount.read([POST.id], 'ana')).get(POST.id)).toMatchObject({ count: 447, liked: true })
    await onecount.drainer.flush()
    expect(warnings).toEqual(['a store had lost something: every post is hydrated anew'])
    expect((await onecount.read([POST.id], 'ana')).get(POST.id)).toMatchObject({ count: 447, liked: false })
    expect((await onecount.read([POST.id], 'ben')).get(POST.id)).toMatchObject({ count: 447, liked: true })
    await onecount.hydrateAll()
    expect((await stores.compare(POST)).redis.members).toEqual(['ben'])
  })

  it('drains again the ops that Postgres lost in a restore and Redis still remembers', async () => {
    const onecount = instance()
    await onecount.set(POST.id, 'ana', true)
    await onecount.drainer.flush()
    await stores.unnoticed(async sql => {
      await sql`delete from post_ratings`
      await sql`update posts_new set likes = 446, likes_rev = 0`
      await sql`update like_receipt set nonce = 'of the backup'`
    })
    await onecount.drainer.flush()
    expect(await stores.compare(POST)).toMatchObject({
      postgres: { count: 447, members: ['ana'] },
    })
  })

  it('gives it back in slices, and says that a number is not exact until the last one', async () => {
    const onecount = instance(2)
    for (const session of ['a', 'b', 'c', 'd', 'e']) await onecount.set(POST.id, session, true)
    await onecount.drainer.flush()
    await stores.unnoticed(async sql => {
      await sql`delete from post_ratings`
      await sql`update posts_new set likes = 446, likes_rev = 0`
      await sql`update like_receipt set nonce = 'of the backup'`
    })
    const see = async () => (await onecount.read([POST.id], 'a')).get(POST.id)
    expect(await onecount.drainer.tick()).toMatchObject({ outcome: 'diverged' })
    expect(await see()).toMatchObject({ count: 446, source: 'postgres' })
    const own = { count: 447, liked: true, source: 'postgres', durable: false }
    expect(await onecount.set(POST.id, 'f', true)).toMatchObject(own)
    expect((await onecount.read([POST.id], 'f')).get(POST.id)).toMatchObject(own)
    expect(await onecount.health()).toMatchObject({ pending: 6 })
    for (let i = 0; i < 2; i++) expect(await onecount.drainer.tick()).toMatchObject({ outcome: 'diverged' })
    // Whether Postgres has lost them is not known yet.
    expect(await see()).toMatchObject({ liked: true, source: 'lagging' })
    await onecount.drainer.flush()
    expect(await see()).toMatchObject({ count: 452, liked: true, source: 'redis' })
    expect(await stores.compare(POST)).toMatchObject({ redis: { count: 452 }, postgres: { count: 452 } })
    expect(warnings).toEqual(['a store had lost something: every post is hydrated anew'])
  })

  it('meets an empty Redis without a warning: nothing was lost that it knew', async () => {
    await instance().drainer.flush()
    expect(warnings).toEqual([])
  })

  it('waits for a drain that is under way, and moves no op twice', async () => {
    const [first, second] = [instance(), instance()]
    await first.set(POST.id, 'ana', true)
    const holder = await stores.sql.reserve()
    const waiting = async () =>
      Number(
        (await stores.sql`select count(*) from pg_stat_activity where wait_event_type = 'Lock'`)[0]!.count,
      )
    await holder`begin`
    await holder`select from like_receipt for update`
    const ticks = [first.drainer.tick(), second.drainer.tick()]
    try {
      await expect.poll(waiting).toBe(2)
    } finally {
      await holder`commit`
      holder.release()
    }
    const outcomes = (await Promise.all(ticks)).map(({ outcome }) => outcome).sort()
    expect(outcomes).toEqual(['drained', 'late'])
    expect(await first.drainer.flush()).toEqual({ drained: 0, more: false })
    expect(await stores.compare(POST)).toMatchObject({
      redis: { count: 447 },
      postgres: { count: 447, members: ['ana'] },
    })
  })

  it('settles a batch in slices, of which another instance does the rest', async () => {
    const sliced = (settleSize: number) =>
      createOnecount({ ...ports, settings: { settleSize }, log: { warn() {} } })
    const dying = sliced(2)
    const sessions = ['a', 'b', 'c', 'd', 'e']
    for (const session of sessions) await dying.set(POST.id, session, true)
    const settles = ports.count('redis.settle')
    ports.failAfter('never arrives', 'redis.settle', 1)
    await expect(dying.drainer.tick()).rejects.toMatchObject({ store: 'redis' })
    expect(ports.count('redis.settle') - settles).toBe(3)
    expect(await dying.health()).toMatchObject({ pending: 3 })
    const see = async (session: string) => (await dying.read([POST.id], session)).get(POST.id)
    expect(await see('a')).toMatchObject({ count: 451, liked: true, source: 'redis' })
    expect(await sliced(3).drainer.flush()).toEqual({ drained: 5, more: false })
    for (const session of sessions) expect(await see(session)).toMatchObject({ count: 451, durable: true })
    expect(await post()).toMatchObject({ likes: 451 })
  })

  it('is not undone by a drainer that is some slices behind', async () => {
    const other = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 12 }
    await stores.begin([POST, other])
    const { run } = ports.redis
    const slices: Parameters<typeof run>[] = []
    // The last slice comes after those have come a second time that do not tell the count.
    ports.redis.run = async (...call) => {
      const isSlice = call[0] === 'settle'
      if (isSlice && String(call[2][10]).endsWith('!'))
        for (const slice of slices.slice(0, -1)) await run(...slice)
      if (isSlice) slices.push(call)
      return run(...call)
    }
    const onecount = createOnecount({
      ...ports,
      settings: { settleSize: 1, breakerMs: 0 },
      log: { warn() {} },
    })
    await onecount.read([POST.id, other.id], 'ana')
    ports.fail('never arrives', 'redis')
    for (const session of ['a', 'b', 'c']) await onecount.set(POST.id, session, true)
    ports.restore()
    await onecount.set(other.id, 'ana', true)
    await onecount.drainer.flush()
    expect(slices.map(([, , args]) => args[10])).toEqual(
      expect.arrayContaining(['0-1', '1-2', '2-3', '3-4!']),
    )
    const states = await onecount.read([POST.id, other.id], 'ana')
    expect([...states.values()]).toMatchObject([
      { count: 449, liked: false, source: 'redis' },
      { count: 13, liked: true, source: 'redis' },
    ])
    ports.redis.run = run
  })

  it('between slices a session that is not known is counted when the batch is settled, and may flip', async () => {
    const dying = createOnecount({ ...ports, settings: { settleSize: 2 }, log: { warn() {} } })
    await dying.set(POST.id, 'zoe', true)
    await dying.drainer.flush()
    await stores.redis.del(stores.keys.ops('zoe'))
    for (const session of ['a', 'b', 'c']) await dying.set(POST.id, session, true)
    ports.failAfter('never arrives', 'redis.settle', 1)
    await expect(dying.drainer.tick()).rejects.toMatchObject({ store: 'redis' })
    expect(await dying.toggle(POST.id, 'zoe')).toMatchObject({ liked: false, source: 'lagging' })
    expect(await dying.set(POST.id, 'new', true)).toMatchObject({ liked: true, source: 'lagging' })
    await dying.drainer.flush()
    const see = async (session: string) => (await dying.read([POST.id], session)).get(POST.id)
    expect(await see('zoe')).toMatchObject({ count: 450, liked: false, source: 'redis' })
    expect(await post()).toMatchObject({ likes: 450 })
  })
})
