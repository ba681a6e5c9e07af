import {
  createKeys,
  createOnecount,
  idsOf,
  isLikedOp,
  type Kind,
  nextOp,
  type Onecount,
  type OnecountOptions,
  variantId,
  variantIds,
} from 'onecount'
import { createHandler } from 'onecount/http'
import { kindSql, postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { repairPage } from '../../src/cli/connect'
import { NOTHING, repairAll } from '../../src/cli/repair'
import { countedType } from '../../src/core/variants'
import { functionPrefix } from '../../src/postgres/names'
import { whileDraining } from '../support/churn'
import { forAllTests } from '../support/for-all-tests'
import { startKindStores } from '../support/kind-stores'
import { article, mark, namesOf, quoted, reaction, slug, sticker, targetOf, uuidOf } from '../support/kinds'
import { createRandom } from '../support/random'

const stores = forAllTests(startKindStores)
let sql: Sql
const instance = (kind: Kind, options: Partial<OnecountOptions> = {}): Onecount =>
  stores.instance(kind, options)

/** Targets, and one of each variant where there are any. */
const addTargets = (kind: Kind, posts: string[]) => {
  const { content, id } = namesOf(kind)
  const targets = [...new Set(posts.map(targetOf))]
  return sql.unsafe(`insert into ${content} (${id}) values ${targets.map(target => `('${target}')`).join()}`)
}

const [COMMENT, OTHER_COMMENT] = [1, 2].map(n => `50050001-aaaa-bbbb-cccc-ddddeeee000${n}`) as [
  string,
  string,
]

/** Per kind: the ids of every post that exists, and the ids of actors by their names. */
const CASES = {
  article: { kind: article, posts: ['1', '9007199254740993', '-5', '446'], actor: uuidOf },
  quoted: {
    kind: quoted,
    posts: [1, 2, 3, 4].map(n => `50050001-aaaa-bbbb-cccc-ddddeeee000${n}`),
    actor: (name: string) => name,
  },
  mark: { kind: mark, posts: ['1', '2', '3', '9223372036854775807'], actor: (name: string) => name },
  slug: { kind: slug, posts: ['a', '10', 'Polar-bear:2.1', '_x'], actor: (name: string) => name },
  reaction: {
    kind: reaction,
    posts: variantIds(reaction, [COMMENT, OTHER_COMMENT]),
    actor: (name: string) => name,
  },
  sticker: { kind: sticker, posts: variantIds(sticker, ['-7', '2147483647']), actor: uuidOf },
}

describe.each(Object.values(CASES))(
  'rows of the kind $kind.name that are edited by hand',
  ({ kind, posts, actor }) => {
    const n = namesOf(kind)
    const post = posts[1]!
    const [ana, ben, eva] = ['ana', 'ben', 'eva'].map(actor) as [string, string, string]
    let onecount: Onecount
    beforeEach(async () => {
      sql = await stores.begin(kind)
      await addTargets(kind, posts)
      onecount = instance(kind)
      for (const session of [ana, ben]) await onecount.set(post, session, true)
      await onecount.drainer.flush()
      await onecount.read(posts)
    })

    async function expectBoth(id: string, count: number, members: string[]): Promise<void> {
      await onecount.drainer.flush()
      const states = await onecount.read([id], members[0] ?? eva)
      expect(states.get(id)).toMatchObject({ source: 'redis', count, liked: members.length > 0 })
      const [row] = await sql.unsafe(
        `select ${n.count}::int as likes from ${n.counts} where ${n.countsId} = '${id}'`,
      )
      expect(row!.likes).toBe(count)
      const keys = createKeys('', kind.keyPrefix)
      expect(await stores.redis.get(keys.likes(id))).toBe(String(count))
      expect((await stores.redis.smembers(keys.liked(id))).sort()).toEqual([...members].sort())
      expect(await onecount.health()).toMatchObject({ pending: 0, unseen: 0 })
    }

    it('a row that is deleted takes the like back, one that is inserted is a like', async () => {
      await sql.unsafe(`delete from ${n.rows} where ${n.actor} = '${ana}'`)
      await expectBoth(post, 1, [ben])
      await sql.unsafe(
        `insert into ${n.rows} (${n.columns}) values (${n.pair(post, eva)}), (${n.pair(post, ana)})`,
      )
      await expectBoth(post, 3, [ana, ben, eva])
      expect(await sql.unsafe(`select from ${n.own}tombstones`)).toHaveLength(0)
    })

    it('a row that is given to another actor, another target or as another variant, moves the like', async () => {
      await sql.unsafe(`update ${n.rows} set ${n.actor} = '${eva}' where ${n.actor} = '${ana}'`)
      await expectBoth(post, 2, [ben, eva])
      await sql.unsafe(
        `update ${n.rows} set (${n.columns}) = (${n.pair(posts[2]!, ben)}) where ${n.actor} = '${ben}'`,
      )
      await expectBoth(post, 1, [eva])
      await expectBoth(posts[2]!, 1, [ben])
    })

    it('a count that is set is shown, and is no less than its rows', async () => {
      await sql.unsafe(`update ${n.counts} set ${n.count} = 446 where ${n.countsId} = '${post}'`)
      await expectBoth(post, 446, [ana, ben])
      await sql.unsafe(`update ${n.counts} set ${n.count} = 0 where ${n.countsId} = '${post}'`)
      await expectBoth(post, 2, [ana, ben])
    })

    it('a target that is deleted is shown by no key, a new one can be liked at once', async () => {
      await sql.unsafe(`delete from ${n.content} where ${n.id} = '${targetOf(post)}'`)
      await onecount.drainer.flush()
      expect(await onecount.read([post], ana)).toEqual(new Map())
      expect(await stores.redis.keys(`*post:*:${post}`)).toEqual([])
      await addTargets(kind, [post])
      await expect.poll(() => onecount.set(post, eva, true).catch(() => null)).toMatchObject({ count: 1 })
      await expectBoth(post, 1, [eva])
    })

    it('a removed target goes with everything', async () => {
      expect(await onecount.removePost(post)).toBe(true)
      expect(await onecount.removePost(post)).toBe(false)
      const left = posts.filter(id => targetOf(id) !== targetOf(post))
      expect(await sql.unsafe(`select from ${n.content}`)).toHaveLength(new Set(left.map(targetOf)).size)
      expect(await sql.unsafe(`select from ${n.counts}`)).toHaveLength(left.length)
      expect([...(await onecount.read(posts, ana)).keys()]).toEqual(left)
      for (const id of posts.filter(id => !left.includes(id)))
        expect(await stores.redis.keys(`*post:*:${id}`), id).toEqual([])
    })

    it('the ranking has the order of Redis and of Postgres', async () => {
      await onecount.hydrateAll()
      const ranked = await onecount.ranking(9)
      expect(ranked[0]).toBe(post)
      expect(ranked).toHaveLength(posts.length)
      const alone = createOnecount({ redis: null, postgres: postgresJsPort(sql, { kind }) })
      expect(await alone.ranking(9)).toEqual(ranked)
    })
  },
)

describe('presses, reads and drains at once', () => {
  const PEOPLE = Array.from({ length: 20 }, (_, n) => uuidOf(`person-${n}`))
  const BASE = 5
  const PRESSES = 40
  const BIGINTS = Array.from({ length: 12 }, (_, n) => String(9007199254740990n + BigInt(n)))
  /** Some in each of four partitions. */
  const COMMENTS = [0, 1, 2, 3].map(n => `50050001-aaaa-bbbb-cccc-00000000000${n}`)

  it.each([
    { kind: article, posts: BIGINTS, partitions: 1 },
    { kind: article, posts: BIGINTS, partitions: 4 },
    { kind: reaction, posts: variantIds(reaction, COMMENTS), partitions: 1 },
    { kind: reaction, posts: variantIds(reaction, COMMENTS), partitions: 4 },
  ])(
    'end in the same in both stores, of the kind $kind.name, with partitions: $partitions',
    async ({ kind, posts, partitions }) => {
      sql = await stores.begin(kind)
      const n = namesOf(kind)
      await addTargets(kind, posts)
      await sql.unsafe(`update ${n.counts} set ${n.count} = ${BASE}`)
      await sql.unsafe(`select ${n.own}set_partitions(${partitions})`)
      const instances = [1, 2, 3].map(() => instance(kind, { partitions }))
      const person = async (sessionId: string, seed: number) => {
        const random = createRandom(seed)
        const told = new Map<string, number>()
        for (let i = 0, last = 0; i < PRESSES; i++) {
          const [post, liked] = [random.pick(posts), random.chance(0.6)]
          last = nextOp(Date.now() * 1000, last, liked)
          const ack = seed % 4 === 0 ? 'postgres' : 'redis'
          const state = await random.pick(instances).set(post, sessionId, liked, { op: last, ack })
          expect(state.liked).toBe(isLikedOp(state.op))
          told.set(post, state.op)
          if (random.chance(0.3)) await random.pick(instances).read(posts, sessionId)
        }
        return told
      }
      const told = await whileDraining(instances, Promise.all(PEOPLE.map(person)))
      while ((await instances[0]!.drainer.flush()).more);

      const rows = await sql.unsafe(`
        select ${n.post}::text as post, ${n.actor}::text as person, onecount_op::bigint as op from ${n.rows}
        union all select post_id::text, session_id::text, op from ${n.own}tombstones`)
      const ops = new Map(rows.map(row => [`${row.post}|${row.person}`, Number(row.op)]))
      const counts = await sql.unsafe(`
        select c.${n.countsId}::text as id, c.${n.count}::int as count, count(r.${n.actor})::int as rows
          from ${n.counts} c left join ${n.rows} r on ${n.postOf('r')} = c.${n.countsId} group by 1, 2`)
      expect(counts).toHaveLength(posts.length)
      for (const { id, count, rows } of counts) expect(count, id).toBe(BASE + rows)
      for (const [i, person] of PEOPLE.entries()) {
        const states = await instances[1]!.read(posts, person)
        for (const post of posts) {
          const op = ops.get(`${post}|${person}`) ?? 0
          expect(op).toBe(told[i]!.get(post) ?? 0)
          const { count } = counts.find(row => row.id === post)!
          expect(states.get(post)).toMatchObject({ source: 'redis', count, liked: isLikedOp(op) })
        }
      }
      expect([...(await sql.unsafe(`select from ${n.own}log where nonce is null`))]).toEqual([])
    },
  )

  it.each(Object.values(CASES))(
    'fall into the same partition in both stores: $kind.name',
    async ({ kind, posts }) => {
      sql = await stores.begin(kind)
      const { partitionOf } = idsOf(kind)
      for (const partitions of [1, 2, 7, 1024])
        for (const post of posts) {
          const [row] = await sql.unsafe(
            `select public.${functionPrefix(kind)}partition_of($1::text::${countedType(kind)}, $2) as n`,
            [post, partitions],
          )
          expect(row!.n, `${post} of ${partitions}`).toBe(partitionOf(post, partitions))
        }
    },
  )
})

describe('two kinds on one Redis and one Postgres', () => {
  it('have keys, queues and cuts of their own', async () => {
    sql = await stores.begin(article, mark)
    await sql`insert into articles (id, like_count) values (7, 446)`
    const [likes, marks] = [instance(article), instance(mark)] as [Onecount, Onecount]
    expect(await likes.set('7', uuidOf('ana'), true)).toMatchObject({ count: 447 })
    expect(await marks.set('7', 'ana', true)).toMatchObject({ count: 1 })
    expect(await likes.health()).toMatchObject({ pending: 1 })
    await likes.drainer.flush()
    expect(await marks.health()).toMatchObject({ pending: 1 })
    await marks.drainer.flush()
    expect(await stores.redis.mget('article:post:likes:7', 'mark:post:likes:7')).toEqual(['447', '1'])
    const keys = await stores.redis.keys('*')
    expect(keys.filter(key => !/^(article|mark):/.test(key))).toEqual([])
    expect([
      ...(await sql`select article_id::int, user_id, marked_at is not null as dated from bookmarks`),
    ]).toEqual([{ article_id: 7, user_id: 'ana', dated: true }])
  })
})

describe('a kind over HTTP', () => {
  it.each([
    { kind: mark, id: '9007199254740993', malformed: ['01', '9007199254740993x', 'a', '%'] },
    { kind: slug, id: 'Polar-bear:2.1', malformed: ['a|b', '%21a', '%', '%E4'] },
    {
      kind: reaction,
      id: variantId(COMMENT, '❤️'),
      malformed: [
        COMMENT,
        `${COMMENT}~`,
        `${COMMENT}~${encodeURIComponent('🐻')}`,
        `x~${encodeURIComponent('👍')}`,
        '%E4',
      ],
    },
    {
      kind: { ...reaction, variants: ['Heart'] },
      id: variantId(COMMENT, 'Heart'),
      malformed: [`${COMMENT}~heart`, `${COMMENT}~Heart~Heart`, `${COMMENT}Heart`],
    },
  ])('takes the ids of $kind.name as they are', async ({ kind, id, malformed }) => {
    sql = await stores.begin(kind)
    await addTargets(kind, [id])
    const handler = createHandler({ service: instance(kind), secret: 'x'.repeat(32), log() {} })
    const call = async (path: string, method = 'GET') => {
      const headers = { 'sec-fetch-site': 'same-origin' }
      const response = await handler(new Request(`http://likes.test/api/${path}`, { method, headers }))
      return { status: response.status, body: await response.json() }
    }
    const pressed = await call(`likes/${encodeURIComponent(id)}`, 'PUT')
    expect(pressed).toMatchObject({ status: 200, body: { postId: id, count: 1, liked: true } })
    expect(await call(`likes?ids=${encodeURIComponent(id)}`)).toMatchObject({
      status: 200,
      body: { likes: { [id]: { count: 1, liked: false } } },
    })
    for (const wrong of malformed)
      expect(await call(`likes/${wrong}`, 'PUT'), wrong).toMatchObject({
        status: 400,
        body: { error: { code: 'invalid_post_id' } },
      })
  })
})

describe('rows from before onecount', () => {
  it('that are not sound are repaired: counts that are missing, negative or too small, ops of the future', async () => {
    sql = await stores.begin()
    const post = (n: number) => `50050001-aaaa-bbbb-cccc-ddddeeee000${n}`
    await sql.unsafe(`
      insert into "Blog"."Old.Articles" values ('${post(1)}', null), ('${post(2)}', -4), ('${post(3)}', 1), ('${post(4)}', 446);
      insert into "Blog"."article likes" values
        ('${post(1)}', 'ana'), ('${post(3)}', 'ana'), ('${post(3)}', 'ben'), ('${post(4)}', 'ana')`)
    await sql.unsafe(kindSql(quoted))
    await sql.begin(async tx => {
      await tx`select set_config('onecount.quoted_applying', 'on', true)`
      await tx`update "Blog"."article likes" set onecount_op = 9007199254740991 where "Article Nr" = ${post(4)}`
    })
    const done = { ...NOTHING }
    const rpc: Parameters<typeof repairAll>[0] = (name, args) =>
      repairPage(sql, name, args, functionPrefix(quoted))
    await repairAll(rpc, { dryRun: false }, done)
    expect(done).toEqual({
      ...NOTHING,
      likesMissing: 1,
      likesNegative: 1,
      likesBelowRatings: 1,
      opsInFuture: 1,
    })
    const again = { ...NOTHING }
    await repairAll(rpc, { dryRun: false }, again)
    expect(again).toEqual(NOTHING)

    const onecount = instance(quoted)
    await onecount.hydrateAll()
    const states = await onecount.read([1, 2, 3, 4].map(post), 'ana')
    expect([...states.values()].map(({ count, liked }) => [count, liked])).toEqual([
      [1, true],
      [0, false],
      [2, true],
      [446, true],
    ])
    expect(await onecount.set(post(4), 'ana', false)).toMatchObject({ count: 445, liked: false })
    expect(await onecount.drainer.flush()).toMatchObject({ more: false })
    expect(await sql`select from "Blog"."article likes"`).toHaveLength(3)
  })
})
