import { beforeEach, describe, expect, it } from 'vitest'
import type { Onecount } from '../src'
import { checkForeign } from '../src/cli/doctor/foreign-members'
import type { RedisStore } from '../src/cli/open-redis'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const OTHER = '50050001-aaaa-bbbb-cccc-ddddeeee0002'
const Q = 'likes:pending'
const OP = 2 * 1_795_000_000_000_000 + 1

const stores = forAllTests(startStores)
let app: Onecount
let warnings: string[]
beforeEach(async () => {
  await stores.begin([
    { id: POST, base: 446 },
    { id: OTHER, base: 5 },
  ])
  warnings = []
  const log = { info() {}, warn: (line: string) => void warnings.push(line), error() {} }
  app = stores.instance({ ...stores.ports(), log })
})

const FOREIGN = [
  'hello',
  '0',
  'not-a-uuid|ana|1|1|1|e',
  `${POST}|ana`,
  `${POST}||${OP}|1|1|e`,
  `${POST}|cy|${OP}`,
  `${POST}|cy|-5|1|1|e`,
  `${POST}|cy|99999999999999999999|1|1|e`,
  `${POST}|cy|9999999999999999|1|1|e`,
  `${POST}|cy|1.5|1|1|e`,
  `${POST}|cy|${OP}|1|x|e`,
  `${POST}|cy|${OP}|1|1|e|more`,
  'two\nlines',
  `${OTHER}|ida|${OP}|1|1|e\nand more`,
  '{"post":1}',
  'zzz',
]

const counts = async () =>
  Object.fromEntries(
    (await stores.sql`select id, likes from posts_new order by id`).map(({ id, likes }) => [
      id,
      Number(likes),
    ]),
  )

describe('a member of likes:pending that no script has written', () => {
  it.each(FOREIGN)('%j is set aside, and the likes beside it are saved', async member => {
    await app.set(POST, 'ana', true)
    await app.set(OTHER, 'ben', true)
    await stores.redis.zadd(Q, 0, member)
    for (let more = true; more; ) ({ more } = await app.drainer.flush())
    expect(await counts()).toEqual({ [POST]: 447, [OTHER]: 6 })
    expect(warnings).toEqual([expect.stringContaining('another program writes to likes:pending')])
    expect(await app.health()).toMatchObject({ status: 'ok', pending: 0 })
    expect(await stores.redis.zrangebylex(Q, '[!foreign|', '(!foreign}')).toEqual([`!foreign|${member}`])
  })

  it('is found by doctor with what to do, and many of them stop nothing', async () => {
    for (let n = 0; n < 300; n++) await stores.redis.zadd(Q, 0, `member-${n}`)
    await stores.redis.zadd(Q, 7, 'with a score')
    expect(await app.set(POST, 'ana', true)).toMatchObject({ count: 447 })
    for (let more = true; more; ) ({ more } = await app.drainer.flush())
    expect(await app.set(POST, 'ben', true)).toMatchObject({ count: 448 })
    for (let more = true; more; ) ({ more } = await app.drainer.flush())
    expect(await counts()).toEqual({ [POST]: 448, [OTHER]: 5 })
    const store = { client: stores.redis, cluster: null } as unknown as RedisStore
    const look = () => checkForeign(store, { partitions: 1 } as never)
    expect(await look()).toEqual([
      {
        verdict: 'warn',
        check: 'foreign members',
        found: '301 in likes:pending are no likes: "member-0"',
        fix: expect.stringContaining(`ZREMRANGEBYLEX likes:pending '[!foreign|' '(!foreign}'`),
      },
    ])
    await stores.redis.zremrangebylex(Q, '[!foreign|', '(!foreign}')
    expect(await look()).toEqual([])
    expect(await app.set(POST, 'cy', true)).toMatchObject({ count: 449 })
  })
})
