import { createOnecount, isLikedOp, type LikeState, type Onecount } from 'onecount'
import { expect } from 'vitest'
import { type Command, SIZES } from './commands'
import { opsInPostgres } from './ledger'
import { isPossibleCount, likedSessions, Model } from './model'
import type { PostBefore, Stores } from './stores'
import { createWire, type Ports } from './wire'

const POSTS: PostBefore[] = Array.from({ length: SIZES.posts }, (_, i) => ({
  id: `70070000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  base: [446, 0, 7][i]!,
}))
const SESSIONS = Array.from({ length: SIZES.sessions }, (_, i) => `s${i}`)
/** Milliseconds: where the clock of a run begins. */
const START = 1_795_000_000_000

/** Runs commands against several instances of the engine over one pair of real stores, and checks their final state. */
export async function runCommands(stores: Stores, ports: Ports, commands: Command[]): Promise<void> {
  await stores.begin(POSTS)
  const model = new Model()
  const wire = createWire(ports, model.observe)
  let clock = START
  const start = (instance: number): Onecount =>
    createOnecount({
      ...wire.ports(instance),
      clock: () => clock,
      // What waits for an answer the wire knows; it would not wait for a timer.
      sleep: () => Promise.resolve(),
      log: { warn() {} },
      // Sessions with more ops than are all told, posts with more pending than are added up, batches in slices.
      settings: { batchSize: 3, settleSize: 2, sessionOps: 2, pendingMost: 2, breakerMs: 0 },
    })
  const instances = Array.from({ length: SIZES.instances }, (_, i) => start(i))
  const impossible: LikeState[] = []
  const shown = (state: LikeState) => {
    const { base } = POSTS.find(p => p.id === state.postId)!
    if (!isPossibleCount(state, base, SESSIONS.length)) impossible.push(state)
  }
  const quietly = (work: Promise<unknown>) => void work.catch(() => {})

  const run = {
    set({ instance, post, session, liked, ago }) {
      const op = 2 * 1000 * (clock - ago * 5) + (liked ? 1 : 0)
      quietly(instances[instance]!.set(POSTS[post]!.id, SESSIONS[session]!, liked, { op }).then(shown))
    },
    toggle({ instance, post, session }) {
      quietly(instances[instance]!.toggle(POSTS[post]!.id, SESSIONS[session]!).then(shown))
    },
    read({ instance, session }) {
      const ids = POSTS.map(p => p.id)
      quietly(instances[instance]!.read(ids, SESSIONS[session]!).then(states => states.forEach(shown)))
    },
    rehydrate: ({ instance, post }) => quietly(instances[instance]!.rehydrate(POSTS[post]!.id)),
    drain: ({ instance }) => quietly(instances[instance]!.drainer.tick()),
    async steps({ picks }) {
      for (const { which, fate } of picks) await wire.step(which, fate)
    },
    deliver: ({ which }) => wire.deliverHeld(which),
    crash({ instance }) {
      wire.forget(instance)
      instances[instance] = start(instance)
    },
    down: ({ store, isDown, instance }) => wire.setDown(store, isDown, instance),
    async lose({ key, post }) {
      await stores.redis.del(nameOf(stores, key, post))
    },
    async flush() {
      await stores.redis.flushall()
      model.redisLost(await opsInPostgres(stores.sql))
    },
  } satisfies { [K in Command['kind']]: (command: Extract<Command, { kind: K }>) => unknown }

  for (const command of commands) {
    clock += 5
    await (run[command.kind] as (command: Command) => unknown)(command)
  }

  await wire.heal()
  await comeToRest(instances[0]!)
  expect(impossible).toEqual([])
  await expectInvariants(stores, instances[0]!, model)
}

function nameOf({ keys }: Stores, key: Extract<Command, { kind: 'lose' }>['key'], post: number): string {
  if (key === 'recent' || key === 'late' || key === 'rank') return keys[key]
  return keys[key](key === 'sessions' || key === 'ops' ? 's0' : POSTS[post]!.id)
}

/** Everything is drained, every post is warm. */
async function comeToRest(instance: Onecount): Promise<void> {
  for (let round = 0; round < 2; round++) {
    expect(await instance.drainer.flush()).toMatchObject({ more: false })
    const states = await instance.read(POSTS.map(p => p.id))
    expect([...states.values()].map(s => s.source)).toEqual(POSTS.map(() => 'redis'))
  }
  expect(await instance.health()).toMatchObject({ pending: 0, unseen: 0 })
}

/** Both stores hold the greatest op of every pair, and show what follows from it; so do the mirrors once they are filled. */
async function expectInvariants(stores: Stores, instance: Onecount, model: Model): Promise<void> {
  const ops = await opsInPostgres(stores.sql)
  for (const sessionId of SESSIONS) {
    for (const [postId, state] of await instance.read(
      POSTS.map(p => p.id),
      sessionId,
    )) {
      const { least, most } = model.expected(postId, sessionId)
      const op = ops.get(`${postId}|${sessionId}`) ?? 0
      const pair = `${postId}|${sessionId}`
      expect({ pair, lost: op < least, invented: op > most }).toEqual({ pair, lost: false, invented: false })
      expect(state, pair).toMatchObject({ liked: isLikedOp(op), source: 'redis' })
    }
  }
  for (const post of POSTS) await instance.rehydrate(post.id)
  await instance.hydrateAll()
  for (const post of POSTS) {
    const members = likedSessions(ops, post.id)
    const { redis, postgres } = await stores.compare(post)
    const count = post.base + members.length
    expect({ postgres, redis }).toEqual({ postgres: { count, members }, redis: { count, members } })
  }
}
