import type { Onecount } from 'onecount'
import { afterEach, describe, expect, it } from 'vitest'
import { type Crowd, createCrowd } from './support/crowd'
import { forAllTests } from './support/for-all-tests'
import { type Random, seeded } from './support/random'
import { type PostBefore, startStores } from './support/stores'

const POSTS: PostBefore[] = Array.from({ length: 20 }, (_, i) => ({
  id: `60060000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  base: i * 13,
}))
const SESSIONS = Array.from({ length: 50 }, (_, i) => `session-${i}`)

const stores = forAllTests(startStores)
const running: Onecount[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(instance => instance.drainer.stop()))
})

async function setUp(random: Random, instances: number): Promise<{ instances: Onecount[]; crowd: Crowd }> {
  await stores.begin(POSTS)
  for (let i = 0; i < instances; i++) {
    const instance = stores.instance({ settings: { batchSize: 100 } })
    instance.drainer.start()
    running.push(instance)
  }
  return { instances: [...running], crowd: createCrowd(random, POSTS, SESSIONS) }
}

/** Drains, makes every post warm, drains what that brought up: then nothing is on its way any more. */
async function comeToRest([instance]: Onecount[]): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await expect.poll(() => instance!.drainer.flush()).toMatchObject({ more: false })
    await expect
      .poll(async () => [...(await instance!.read(POSTS.map(p => p.id))).values()].map(s => s.source))
      .toEqual(POSTS.map(() => 'redis'))
  }
  expect(await instance!.health()).toMatchObject({ pending: 0, unseen: 0 })
}

/** Every session is shown its own hearts; the mirrors that have lost something are filled and say the same. */
async function expectAgreement([instance]: Onecount[], crowd: Crowd): Promise<void> {
  for (const session of SESSIONS)
    for (const [id, { liked, source }] of await instance!.read(
      POSTS.map(p => p.id),
      session,
    ))
      expect({ liked, source }).toEqual({
        liked: crowd.expectedMembers(id).includes(session),
        source: 'redis',
      })
  for (const { id } of POSTS) await instance!.rehydrate(id)
  await instance!.hydrateAll()
  for (const post of POSTS) {
    const { redis, postgres, expectedCount } = await stores.compare(post)
    const members = crowd.expectedMembers(post.id)
    expect(postgres, post.id).toEqual({ count: expectedCount, members })
    expect(redis, post.id).toEqual({ count: post.base + members.length, members })
  }
}

describe('50 sessions on 20 posts, 50 at once', () => {
  it('leave both stores with the same counts and the same members', () =>
    seeded(async random => {
      const { instances, crowd } = await setUp(random, 1)
      await crowd.press(instances, 60)
      await comeToRest(instances)
      await expectAgreement(instances, crowd)
    }))

  it('do so with three instances that drain side by side', () =>
    seeded(async random => {
      const { instances, crowd } = await setUp(random, 3)
      await crowd.press(instances, 60)
      await comeToRest(instances)
      await expectAgreement(instances, crowd)
    }))

  it('do so while posts are cooled and lose keys at random', () =>
    seeded(async random => {
      const { instances, crowd } = await setUp(random, 2)
      let pressing = true
      const pressed = crowd.press(instances, 40).finally(() => {
        pressing = false
      })
      const { likes, liked, meta, ops, sessions, recent } = stores.keys
      while (pressing) {
        const [{ id }, session] = [random.pick(POSTS), random.pick(SESSIONS)]
        if (random.chance(0.3)) await instances[0]!.rehydrate(id)
        else {
          const names = [likes(id), liked(id), meta(id), ops(session), sessions(session), recent]
          await stores.redis.del(random.pick(names))
        }
      }
      await pressed
      await comeToRest(instances)
      await expectAgreement(instances, crowd)
    }))

  it('do so when Redis stops for a while and comes back empty', () =>
    seeded(async random => {
      const { instances, crowd } = await setUp(random, 2)
      await crowd.press(instances, 15)
      // What Redis has acknowledged and Postgres does not have yet would be lost with it: that is another promise.
      await comeToRest(instances)
      await stores.stopRedis()
      const before = crowd.presses()
      const pressed = crowd.press(instances, 30)
      const withoutRedis = expect
        .poll(crowd.presses)
        .toBeGreaterThan(before + 200)
        .then(stores.startRedisEmpty)
      await Promise.all([pressed, withoutRedis])
      await crowd.press(instances, 15)
      await comeToRest(instances)
      await expectAgreement(instances, crowd)
    }))
})
