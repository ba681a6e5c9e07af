import { OnecountError, StoreUnavailable } from '../src/core/errors'
import type { Onecount } from '../src/core/onecount'
import { nextOp } from '../src/core/op'
import type { LikeState, WriteState } from '../src/core/types'
import { pairOf } from './truth'
import { INSTANCES, Unanswered, type World } from './world'

/** How long after a failure an instance may leave Redis alone. */
const BREAKER_MEMORY_MS = 3000
/** How often a person tries one press before they give up. */
const TRIES = 6

const isFailure = (error: unknown): boolean =>
  error instanceof Unanswered ||
  error instanceof StoreUnavailable ||
  (error instanceof OnecountError && ['unavailable', 'post_not_found', 'refused'].includes(error.code))

/** What the person's browser was told; `null` when nobody answered. Anything else is a mistake of the engine. */
async function ask<T>(work: Promise<T>, refused = () => {}): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (!isFailure(error)) throw error
    if (error instanceof OnecountError && error.code === 'refused') refused()
    return null
  }
}

/** A tab: presses, reads, and keeps what was acknowledged until it is durable. */
export class Tab {
  /** The newest op that is known here, by post. */
  readonly #known = new Map<string, number>()
  /** What the person was told last of a post: nothing of it may go back. Absent while a press is open. */
  readonly #told = new Map<string, { op: number; inRedis: boolean }>()
  /** Acknowledged, and not known to be durable, by post. */
  readonly kept = new Map<string, number>()

  constructor(
    private readonly world: World,
    readonly session: string,
  ) {}

  async live(): Promise<void> {
    const { world } = this
    while (!world.isEnding) {
      await world.turn()
      if (world.isEnding) return
      const act = world.random.below(10)
      if (act < 6) await this.#press()
      else if (act < 7 && world.faults.has('toggles')) await this.#toggle()
      else if (act < 9) await this.#look()
      else if (world.faults.has('re-send')) {
        const instance = world.random.pick(INSTANCES)
        await this.resend(use => world.request(instance, use))
      }
    }
  }

  async #press(): Promise<void> {
    const { world, session } = this
    const { id } = world.random.pick(world.pages())
    const liked = world.random.chance(0.6)
    const instance = world.random.pick(INSTANCES)
    const op = nextOp(world.clockAt(instance), this.#known.get(id) ?? 0, liked)
    this.#known.set(id, op)
    this.#told.delete(id)
    world.truth.raise(world.truth.made, pairOf(id, session), op)
    world.count('presses')
    let isRefused = false
    for (let i = 0; i < TRIES && !isRefused; i++) {
      const at = i === 0 ? instance : world.random.pick(INSTANCES)
      world.note(`${session} presses ${id.slice(-1)} ${liked ? 'like' : 'unlike'} ${op} at ${at}`)
      const press = world.request(at, onecount => onecount.set(id, session, liked, { op }))
      const state = await ask(press, () => {
        isRefused = true
      })
      if (state) return this.#acknowledged(state)
      if (world.isEnding) return
      await world.turn()
    }
  }

  async #toggle(): Promise<void> {
    const { world, session } = this
    const { id } = world.random.pick(world.pages())
    const instance = world.random.pick(INSTANCES)
    this.#told.delete(id)
    world.note(`${session} toggles ${id.slice(-1)} at ${instance}`)
    const state = await ask(world.request(instance, onecount => onecount.toggle(id, session)))
    if (state) this.#acknowledged(state)
  }

  #acknowledged(state: WriteState): void {
    const { world, session } = this
    world.count('acknowledged')
    world.note(`${session} was told ${JSON.stringify(state)}`)
    if (!world.wasGone(state.postId)) {
      const accepted = world.truth.accepted.get(pairOf(state.postId, session)) ?? 0
      if (accepted < state.op) world.violate(`${state.op} is acknowledged, and no store has accepted it`)
    }
    this.#hear(state)
    this.#told.set(state.postId, { op: state.op, inRedis: state.source !== 'postgres' })
    if (state.durable) world.toldDurable(state.postId, session, state.op)
    else if (world.faults.has('ack postgres')) world.violate('acknowledged by Redis alone')
    else this.kept.set(state.postId, Math.max(this.kept.get(state.postId) ?? 0, state.op))
  }

  async #look(): Promise<void> {
    const { world, session } = this
    const ids = world.posts.map(post => post.id)
    const instance = world.random.pick(INSTANCES)
    const since = world.now
    const told = new Map(this.#told)
    const states = await ask(world.request(instance, o => o.read(ids, session)))
    for (const state of states?.values() ?? []) {
      this.#hear(state)
      if (state.source === 'postgres' && (world.redisFailedAt.get(instance) ?? 0) < since - BREAKER_MEMORY_MS)
        world.violate(`${state.postId} is shown from Postgres, and Redis has not failed`)
      this.#expectOwn(state, told.get(state.postId))
    }
  }

  /** Read your like: what Redis has acknowledged to this session, and nobody else of it has changed since. */
  #expectOwn({ postId, liked, source }: LikeState, told?: { op: number; inRedis: boolean }): void {
    const { world, session } = this
    if (!told?.inRedis || source !== 'redis' || world.hasLost) return
    if (['moderation' as const, 'op refused' as const].some(fault => world.faults.has(fault))) return
    if (world.wasGone(postId)) return
    if (world.truth.accepted.get(pairOf(postId, session)) !== told.op) return
    if (liked !== (told.op % 2 === 1))
      world.violate(`${session} does not see the own ${told.op} of ${postId}`)
  }

  /** Invariant 7, and what a browser remembers. */
  #hear({ postId, count, op }: LikeState): void {
    const { base } = this.world.posts.find(post => post.id === postId)!
    if (count !== null && (count < base || count > base + this.world.sessions.length))
      this.world.violate(
        `shown count ${count} of a post between ${base} and ${base + this.world.sessions.length}`,
      )
    if (op !== null) this.#known.set(postId, Math.max(this.#known.get(postId) ?? 0, op))
  }

  /** Asks what became of what is kept, and sends again what the server does not know. */
  async resend(through: <T>(use: (onecount: Onecount) => Promise<T>) => Promise<T>): Promise<void> {
    const { world, session } = this
    if (this.kept.size === 0) return
    const states = await ask(through(onecount => onecount.read([...this.kept.keys()], session)))
    if (!states) return
    for (const [postId, op] of this.kept) {
      const state = states.get(postId)
      if (!state) this.kept.delete(postId)
      else if (state.durable && state.op! >= op) this.#isDurable(postId, state.op!)
      else if (state.op === null || state.op < op) {
        world.count('re-sent')
        const liked = op % 2 === 1
        const again = await ask(
          through(onecount => onecount.set(postId, session, liked, { op, ack: 'postgres' })),
          () => this.kept.delete(postId),
        )
        if (again?.durable) this.#isDurable(postId, again.op)
      }
    }
  }

  #isDurable(postId: string, op: number): void {
    this.world.toldDurable(postId, this.session, op)
    this.kept.delete(postId)
  }
}

/** Drains at one instance for as long as the world goes on. */
export async function drain(world: World, instance: string): Promise<void> {
  while (!world.isEnding) {
    await world.turn()
    await ask(world.request(instance, onecount => onecount.drain.once()))
  }
}

/** Somebody who removes what others liked, merges sessions, and removes posts. */
export async function moderate(world: World): Promise<void> {
  while (!world.isEnding) {
    for (let i = world.random.below(12); i >= 0; i--) await world.turn()
    if (world.isEnding) return
    const instance = world.random.pick(INSTANCES)
    const [from, to] = [world.random.pick(world.sessions), world.random.pick(world.sessions)]
    const act = world.random.below(4)
    world.note(`moderation ${act} of ${from} ${to} at ${instance}`)
    if (act === 0 && world.faults.has('post removed')) await removeLast(world, instance)
    else if (world.faults.has('moderation'))
      await ask(
        world.request(
          instance,
          o => (act < 3 ? o.removeSession(from) : o.mergeSessions(from, to)) as Promise<unknown>,
        ),
      )
    else if (act === 1)
      await ask(world.request(instance, o => o.rehydrate(world.random.pick(world.posts).id)))
  }
}

/** While others are about to hydrate it, or while Redis cannot be told, where the seed has that. */
async function removeLast(world: World, instance: string): Promise<void> {
  const { id } = world.posts.at(-1)!
  const patience = world.random.chance(0.5) ? 40 : 0
  for (let i = 0; i < patience && !world.outages.isBetween({ store: 'redis', instance }); i++)
    await world.turn()
  if (world.faults.has('redis key lost'))
    await world.atOnce(() => world.redis.lose(world.redis.keys.meta(id)))
  for (let i = world.random.below(4); i >= 0; i--) await world.turn()
  await ask(world.request(instance, onecount => onecount.removePost(id)))
}
