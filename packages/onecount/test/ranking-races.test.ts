import { createOnecount, type Onecount } from 'onecount'
import { beforeAll, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { type Random, seeded } from './support/random'
import { startStores } from './support/stores'
import { createWire, FATES, type Ports } from './support/wire'

const RUNS = 80
const STEPS = 80
const INSTANCES = 3
const POSTS = Array.from({ length: 8 }, (_, i) => ({
  id: `70070000-0000-4000-8000-${String(2 * i).padStart(12, '0')}`,
  base: [446, 7, 7, 0, 30, 12, 7, 3][i]!,
}))

const stores = forAllTests(startStores)
let ports: Ports
beforeAll(async () => {
  const { redis, postgres } = stores.ports()
  // The first thousand of Postgres are brought last, and would hide here what the pages lack.
  ports = { redis, postgres: { ...postgres, ranking: async () => [] } }
})

it('whatever happens while it is built, the ranking lacks no post and has none that is gone', async () => {
  for (let run = 0; run < RUNS; run++) await seeded(oneRun)
}, 300_000)

async function oneRun(random: Random): Promise<void> {
  await stores.begin(POSTS)
  const wire = createWire(ports, () => {})
  const settings = { batchSize: 3, rankingPage: 2, breakerMs: 0 }
  // Every call of the clock is later than any pause: an instance that is asked for the ranking and has none begins to build it.
  let ahead = 0
  const start = (instance: number): Onecount =>
    createOnecount({ ...wire.ports(instance), settings, log: { warn() {} }, clock: () => Date.now() + ahead })
  const instances = Array.from({ length: INSTANCES }, (_, i) => start(i))
  const calm = stores.instance({ settings })
  await calm.drainer.flush()
  const quietly = (work: Promise<unknown>) => void work.catch(() => {})
  let made = 0

  const rank = () => {
    ahead += 3000
    quietly(random.pick(instances).ranking(10))
  }
  const acts = [
    ...[rank, rank, rank, rank],
    () => quietly(random.pick(instances).drainer.tick()),
    () => quietly(random.pick(instances).read([random.pick(POSTS).id])),
    () => calm.set(random.pick(POSTS).id, `s${random.below(3)}`, random.chance(0.5)).catch(() => {}),
    () => stores.sql`update posts_new set likes = ${random.below(1000)} where id = ${random.pick(POSTS).id}`,
    () => random.chance(0.3) && stores.sql`delete from posts_new where id = ${random.pick(POSTS).id}`,
    () => random.chance(0.3) && calm.removePost(random.pick(POSTS).id),
    () =>
      random.chance(0.3) &&
      stores.sql`insert into posts_new (id, author_id, caption, image_url, likes)
        select ${`70070000-0000-4000-8000-${String(2 * made++ + 1).padStart(12, '0')}`}, id, '', '', ${random.below(500)}
          from profiles limit 1`,
    () => {
      if (random.chance(0.7)) return
      const instance = random.below(INSTANCES)
      wire.forget(instance)
      instances[instance] = start(instance)
    },
    () => stores.redis.del(stores.keys.filling),
    () => calm.drainer.flush(),
    () => random.chance(0.2) && stores.redis.del(stores.keys.rank),
    () => random.chance(0.05) && stores.redis.flushall(),
    () => wire.deliverHeld(random.below(100)),
  ]
  for (let i = 0; i < STEPS; i++) {
    if (random.chance(0.3)) await random.pick(acts)()
    const fate = random.chance(0.9) ? 'answered' : random.pick(FATES)
    for (let n = random.below(6); n > 0; n--) await wire.step(random.below(100), fate)
  }
  await wire.heal()
  // The right of a filler that died runs out.
  await stores.redis.del(stores.keys.filling)
  await expect.poll(() => calm.drainer.flush()).toMatchObject({ more: false })

  const [epoch] = await stores.redis.zrange(stores.keys.q, '0', '0')
  const isComplete = (await stores.redis.zscore(stores.keys.rank, epoch!)) !== null
  // What was made after the ranking was complete comes in when it is read, or when Postgres is looked at.
  await calm.read((await stores.sql`select id from posts_new where id::text ~ '[13579]$'`).map(r => r.id))
  const expected = await stores.sql`select id, likes from posts_new order by likes desc, id desc`
  if (isComplete) {
    const ranked = await stores.redis.zrevrangebyscore(stores.keys.rank, '+inf', 0)
    expect([...ranked].sort()).toEqual(expected.map(post => post.id).sort())
  }
  await calm.read(expected.map(post => post.id))
  await expect
    .poll(
      async () => {
        await calm.ranking(1000)
        return stores.redis.zrevrangebyscore(stores.keys.rank, '+inf', 0)
      },
      { interval: 20 },
    )
    .toEqual(expected.map(post => post.id))
}
