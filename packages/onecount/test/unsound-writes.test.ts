import { beforeEach, describe, expect, it } from 'vitest'
import { addExisting, applyAll, id, nowOp, SOUND, startExisting, type World } from './support/existing'
import { forAllTests } from './support/for-all-tests'

const existing = forAllTests(startExisting)
let world: World
beforeEach(async () => {
  world = await existing.begin()
})

describe('a row that an application writes later', () => {
  beforeEach(async () => {
    await addExisting(world.sql)
    await applyAll(world.sql)
    await world.repair()
    await world.onecount.hydrateAll()
  })

  it.each([
    ['null', 3],
    ['-5', 3],
    ['0', 3],
    ['2', 3],
    ['7', 7],
  ])('likes = %s on a post with three rows are %d', async (likes, becomes) => {
    await world.sql.unsafe(`update posts_new set likes = ${likes} where id = '${SOUND}'`)
    await world.onecount.drainer.flush()
    expect((await world.counts())[SOUND]).toBe(becomes)
    expect(await world.shown(SOUND)).toMatchObject({ count: becomes })
  })

  it.each(['null', '-5'])('a post that comes with likes = %s has 0', async likes => {
    await world.sql.unsafe(`insert into posts_new (id, likes) values ('${id(9)}', ${likes})`)
    expect(await world.shown(id(9))).toMatchObject({ count: 0 })
    expect(await world.onecount.set(id(9), 'ana', true)).toMatchObject({ count: 1 })
    await world.onecount.drainer.flush()
    expect((await world.counts())[id(9)]).toBe(1)
  })

  it.each(['null', '0', '1', '2', '-3', String(3.6e15), '9223372036854775807'])(
    'a row that comes with the op %s is a like that can be undone',
    async op => {
      await world.sql.unsafe(
        `insert into post_ratings (post_id, session_id, op, created_at)
         values ('${SOUND}', 'own-code', ${op === '3600000000000000' ? '2 * 1900000000000000' : op}, now() + interval '3 hours')`,
      )
      await world.onecount.drainer.flush()
      expect(await world.shown(SOUND, 'own-code')).toMatchObject({ count: 447, liked: true })
      expect(await world.onecount.set(SOUND, 'own-code', false)).toMatchObject({ count: 446, liked: false })
      await world.onecount.drainer.flush()
      expect(await world.shown(SOUND, 'own-code')).toMatchObject({ count: 446, liked: false })
      expect((await world.counts())[SOUND]).toBe(446)
    },
  )

  it('an op that is set to the future is one of now', async () => {
    await world.sql`update post_ratings set op = 9007199254740993 where post_id = ${SOUND} and session_id = 'ana'`
    const [row] = await world.sql`select op from post_ratings where post_id = ${SOUND} and session_id = 'ana'`
    expect(Number(row!.op)).toBeLessThanOrEqual(nowOp() + 2)
    await world.onecount.drainer.flush()
    expect(await world.onecount.set(SOUND, 'ana', false)).toMatchObject({ count: 445, liked: false })
    await world.onecount.drainer.flush()
    expect(await world.shown(SOUND, 'ana')).toMatchObject({ count: 445, liked: false })
  })

  it('rows that go from a post with too few likes never take them below the rows', async () => {
    await world.sql.begin(async transaction => {
      await transaction`select set_config('onecount.applying', 'on', true)`
      await transaction`update posts_new set likes = 0 where id = ${SOUND}`
    })
    await world.sql`delete from post_ratings where post_id = ${SOUND} and session_id in ('ana', 'ben')`
    await world.onecount.drainer.flush()
    expect((await world.counts())[SOUND]).toBe(1)
    expect(await world.onecount.rehydrate(SOUND)).toBe(1)
  })
})
