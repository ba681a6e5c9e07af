import type { Onecount } from 'onecount'
import { beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../src/cli/connect'
import { compare } from '../src/compare/compare'
import { strangersOf } from '../src/core/mirrors'
import { OTHER, POST, POSTS, startCli } from './support/cli'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))
let app: Onecount

beforeEach(async () => {
  app = await cli.begin()
})

/** What verify says of a post. */
async function found(id: string) {
  const { report } = await cli.json(['verify', '--post', id])
  return report.listed[0] ?? null
}

/** `count|rev|D|G|epoch` with some of it replaced. */
async function spoil(id: string, place: number, value: string) {
  const meta = (await stores.redis.get(stores.keys.meta(id)))!.split('|')
  meta[place] = value
  await stores.redis.set(stores.keys.meta(id), meta.join('|'))
}

const shown = async (id: string, session: string | null = null) => (await app.read([id], session)).get(id)!

describe('onecount verify and reconcile', () => {
  it.each([[['verify']], [['reconcile', '--dry-run']], [['repair', '--dry-run']]])(
    'answer on stdout where the reader of stderr has gone away: %s',
    async args => {
      const { child, ended } = cli.start([...args, '--json'])
      child.stderr.destroy()
      const { code, out } = await ended
      expect({ code, report: JSON.parse(out) }).toMatchObject({ code: 0, report: { posts: POSTS.length } })
    },
  )

  it.each<[string, string[], () => Promise<unknown>]>([
    ['the count', ['post:likes', 'post:meta'], () => spoil(POST.id, 0, '7')],
    ['what its pending ops change', ['post:meta'], () => spoil(POST.id, 2, '1')],
    ['how many of them are guesses', ['post:meta'], () => spoil(POST.id, 3, '1')],
    ['its mirror', ['post:likes'], () => stores.redis.set(stores.keys.likes(POST.id), 7)],
    ['a heart', ['session:ops'], () => stores.redis.hset(stores.keys.ops('ana'), POST.id, 4)],
    ['who likes it', ['post:liked'], () => stores.redis.del(stores.keys.liked(POST.id))],
    ['what a session likes', ['session:likes'], () => stores.redis.del(stores.keys.sessions('ana'))],
    [
      'a session that never liked it',
      ['post:liked', 'session:likes'],
      async () => {
        await stores.redis.sadd(stores.keys.liked(POST.id), 'mallory')
        await stores.redis.sadd(stores.keys.sessions('mallory'), POST.id)
      },
    ],
  ])('find and repair %s', async (_, keys, damage) => {
    await damage()
    expect(await found(POST.id)).toMatchObject({ postId: POST.id, postgresCount: 2, keys })
    expect(await cli.json(['reconcile', '--post', POST.id])).toMatchObject({
      code: 0,
      report: { repaired: 1 },
    })
    expect(await found(POST.id)).toBeNull()
    expect(await stores.redis.smembers(stores.keys.liked(POST.id))).toHaveLength(2)
    expect(await stores.redis.smembers(stores.keys.sessions('mallory'))).toEqual([])
    expect(await shown(POST.id, 'ana')).toMatchObject({ count: 2, liked: true, source: 'redis' })
  })

  it('repair mirrors from Redis too, and leave a correct heart as it is', async () => {
    await stores.redis.srem(stores.keys.liked(POST.id), 'ana')
    await stores.redis.sadd(stores.keys.liked(POST.id), 'ben-not')
    await app.read([POST.id], 'ben-not')
    const from = ['reconcile', '--post', POST.id, '--from', 'redis']
    expect(await cli.json(from)).toMatchObject({ code: 0, report: { repaired: 1 } })
    expect(await shown(POST.id, 'ana')).toMatchObject({ count: 2, liked: true, durable: true })
    expect((await stores.compare(POST)).redis).toEqual({ count: 2, members: ['ana', 'ben'] })
  })

  it('find nothing in a post whose likes are pending, guessed, or unlikes', async () => {
    await app.set(POST.id, 'cleo', true)
    await app.set(POST.id, 'ana', false)
    await stores.redis.hdel(stores.keys.ops('dora'), '!')
    await app.set(OTHER.id, 'dora', true)
    const { onecount, close } = await connect(stores)
    expect(
      (
        await compare(
          onecount,
          POSTS.map(({ id }) => id),
        )
      ).differences,
    ).toEqual([])
    await close()
    expect((await app.health()).pending).toBe(3)
  })

  it('compare more likers than fit into a page, and more than are held in memory at once', async () => {
    await stores.unnoticed(async sql => {
      await sql`insert into post_ratings (post_id, session_id, op)
                select ${POST.id}::uuid, 's' || n, 3 from generate_series(1, 3000) n`
      await sql`update posts_new set likes = likes + 3000 where id = ${POST.id}`
    })
    await app.rehydrate(POST.id)
    await app.hydrateAll()
    await stores.redis.sadd(stores.keys.liked(POST.id), 'x1', 'x2')
    await stores.redis.srem(stores.keys.liked(POST.id), 's2999')
    const parts: string[][] = []
    for await (const part of strangersOf(app.stores.partitions[0]!, POST.id, undefined, 500))
      parts.push([...part])
    expect(parts.flat().sort()).toEqual(['x1', 'x2'])
    const { onlyRedis, onlyPostgres } = await found(POST.id)
    expect([onlyRedis.sort(), onlyPostgres]).toEqual([['x1', 'x2'], ['s2999']])
    expect(await cli.json(['reconcile', '--post', POST.id])).toMatchObject({
      code: 0,
      report: { repaired: 1 },
    })
    expect(await stores.redis.scard(stores.keys.liked(POST.id))).toBe(3002)
  })

  it('do not ask for a mirror that is not kept', async () => {
    await stores.redis.del(stores.keys.liked(POST.id))
    expect((await cli.json(['verify', '--no-likers'])).code).toBe(0)
    expect((await cli.json(['verify'], { ONECOUNT_LIKERS: 'off' })).code).toBe(0)
    expect((await cli.json(['verify'])).code).toBe(1)
  })
})

describe('hydrateAll', () => {
  it('writes the mirrors as Postgres holds them, and leaves concurrent presses', async () => {
    await stores.redis.sadd(stores.keys.liked(POST.id), 'mallory')
    await stores.redis.sadd(stores.keys.sessions('mallory'), POST.id)
    await stores.redis.del(
      stores.keys.likes(POST.id),
      stores.keys.liked(OTHER.id),
      stores.keys.sessions('ben'),
    )
    await app.set(POST.id, 'cleo', true)
    await app.set(OTHER.id, 'ana', false)
    await app.hydrateAll()
    expect(await stores.redis.get(stores.keys.likes(POST.id))).toBe('3')
    expect((await stores.redis.smembers(stores.keys.liked(POST.id))).sort()).toEqual(['ana', 'ben', 'cleo'])
    expect(await stores.redis.smembers(stores.keys.liked(OTHER.id))).toEqual(['ben'])
    expect(await stores.redis.exists(stores.keys.sessions('mallory'))).toBe(0)
    expect(await stores.redis.scard(stores.keys.sessions('ben'))).toBe(POSTS.length)
  })
})

describe('partitions', () => {
  it('are refused where Postgres has another number, and used by every command where it has the same', async () => {
    await stores.begin(POSTS)
    const env = { ONECOUNT_PARTITIONS: '4' }
    const { code, err } = await cli.json(['verify'], env)
    expect(code).toBe(2)
    expect(err).toMatch(/4.*1|1.*4/)
    expect(await cli.json(['verify', '--partitions', 'many'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--partitions many is no number of partitions'),
    })
    await stores.sql`select onecount_set_partitions(4)`
    try {
      const four = stores.instance({ partitions: 4 })
      await four.hydrateAll()
      for (const { id } of POSTS) await four.set(id, 'ana', true)
      expect(await cli.json(['verify'], env)).toMatchObject({
        code: 0,
        report: { posts: POSTS.length, cold: 0 },
      })
      expect((await cli.run(['worker', '--once'], env)).code).toBe(0)
      expect((await four.health()).pending).toBe(0)
      const keys = four.stores.keysOf(POST.id)
      await stores.redis.del(keys.liked(POST.id))
      expect(await cli.json(['reconcile', '--partitions', '4'])).toMatchObject({
        code: 0,
        report: { repaired: 1 },
      })
      expect(await stores.redis.smembers(keys.liked(POST.id))).toEqual(['ana'])
      expect((await cli.json(['verify'])).code).toBe(2)
    } finally {
      await stores.sql`select onecount_set_partitions(1)`
    }
  })
})
