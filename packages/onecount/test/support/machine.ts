import { createOnecount, type LikeState, type Onecount } from 'onecount'
import { expect } from 'vitest'
import { type Command, SIZES } from './commands'
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

/** Runs commands against several instances of the engine over one pair of real stores, and checks what is left. */
export async function runCommands(stores: Stores, ports: Ports, commands: Command[]): Promise<void> {
  await stores.begin(POSTS)
  const model = new Model()
  const wire = createWire(ports, model.observe)
  let clock = START
  const start = (instance: number): Onecount =>
    createOnecount({
      ...wire.ports(instance),
      clock: () => clock,
      log: { warn() {} },
      settings: { batchSize: 3, chunkSize: 2, breakerMs: 0 },
    })
  const instances = Array.from({ length: SIZES.instances }, (_, i) => start(i))
  const impossible: LikeState[] = []
  const shown = (state: LikeState) => {
    const { base } = POSTS.find(p => p.id === state.postId)!
    if (!isPossibleCount(state.count, base, SESSIONS.length)) impossible.push(state)
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
    drain: ({ instance }) => quietly(instances[instance]!.drain.once()),
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
      const { keys } = stores
      const name = key === 'recent' ? keys.recent : keys[key](key === 'sessions' ? 's0' : POSTS[post]!.id)
      await stores.redis.del(name)
    },
    async flush() {
      await stores.redis.flushall()
      model.redisLost(await opsInPostgres(stores))
    },
  } satisfies { [K in Command['kind']]: (command: Extract<Command, { kind: K }>) => unknown }

  for (const command of commands) {
    clock += 5
    await (run[command.kind] as (command: Command) => unknown)(command)
  }

  await wire.heal()
  await comeToRest(stores, instances[0]!)
  expect(impossible).toEqual([])
  await expectInvariants(stores, model)
}

/** The time of a dead hydrator runs out, everything is drained, every post is warm. */
async function comeToRest(stores: Stores, instance: Onecount): Promise<void> {
  await stores.redis.del(...POSTS.map(p => stores.keys.hydrating(p.id)))
  for (let round = 0; round < 2; round++) {
    expect(await instance.drainOnce()).toMatchObject({ more: false })
    const states = await instance.read(POSTS.map(p => p.id))
    expect([...states.values()].map(s => s.source)).toEqual(POSTS.map(() => 'redis'))
  }
  expect(await instance.health()).toMatchObject({ pending: 0, unseen: 0 })
}

/** Invariants 1, 2, 4 and 5. */
async function expectInvariants(stores: Stores, model: Model): Promise<void> {
  const ops = await opsInPostgres(stores)
  for (const post of POSTS) {
    for (const sessionId of SESSIONS) {
      const { least, most } = model.expected(post.id, sessionId)
      const op = ops.get(`${post.id}|${sessionId}`) ?? 0
      const pair = `${post.id}|${sessionId}`
      expect({ pair, lost: op < least, invented: op > most }).toEqual({ pair, lost: false, invented: false })
    }
    const members = likedSessions(ops, post.id)
    const { redis, postgres } = await stores.compare(post)
    const count = post.base + members.length
    expect({ postgres, redis }).toEqual({ postgres: { count, members }, redis: { count, members } })
  }
}

async function opsInPostgres({ sql }: Stores): Promise<Map<string, number>> {
  const rows = await sql`
    select post_id, session_id, op from post_ratings union all select post_id, session_id, op from like_tombstones`
  return new Map(rows.map(row => [`${row.post_id}|${row.session_id}`, Number(row.op)]))
}
