import { OnecountError, StoreUnavailable } from '../src/core/errors'
import type { Onecount } from '../src/core/onecount'
import { nextOp } from '../src/core/op'
import type { LikeState, WriteState } from '../src/core/types'
import { pairOf } from './truth'
import { INSTANCES, POSTS, SESSIONS, Unanswered, type World } from './world'

/** How often a person tries one press before they give up. */
const TRIES = 6

const isFailure = (error: unknown): boolean =>
  error instanceof Unanswered ||
  error instanceof StoreUnavailable ||
  (error instanceof OnecountError && ['unavailable', 'post_not_found'].includes(error.code))

/** What the person's browser was told; `null` when nobody answered. Anything else is a mistake of the engine. */
async function ask<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (!isFailure(error)) throw error
    return null
  }
}

/** A tab: presses, reads, and keeps what was acknowledged until it is durable. */
export class Tab {
  /** The newest op that is known here, by post. */
  readonly #known = new Map<string, number>()
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
      else if (act < 7) await this.#toggle()
      else if (act < 9) await this.#look()
      else if (world.faults.has('re-send')) {
        const instance = world.random.pick(INSTANCES)
        await this.resend(use => world.request(instance, use))
      }
    }
  }

  async #press(): Promise<void> {
    const { world, session } = this
    const { id } = world.random.pick(POSTS)
    const liked = world.random.chance(0.6)
    const instance = world.random.pick(INSTANCES)
    const op = nextOp(world.clockAt(instance), this.#known.get(id) ?? 0, liked)
    this.#known.set(id, op)
    world.truth.raise(world.truth.made, pairOf(id, session), op)
    world.count('presses')
    for (let i = 0; i < TRIES; i++) {
      const at = i === 0 ? instance : world.random.pick(INSTANCES)
      world.note(`${session} presses ${id.slice(-1)} ${liked ? 'like' : 'unlike'} ${op} at ${at}`)
      const state = await ask(world.request(at, onecount => onecount.set(id, session, liked, { op })))
      if (state) return this.#acknowledged(state)
      if (world.isEnding) return
      await world.turn()
    }
  }

  async #toggle(): Promise<void> {
    const { world, session } = this
    const { id } = world.random.pick(POSTS)
    const instance = world.random.pick(INSTANCES)
    world.note(`${session} toggles ${id.slice(-1)} at ${instance}`)
    const state = await ask(world.request(instance, onecount => onecount.toggle(id, session)))
    if (state) this.#acknowledged(state)
  }

  #acknowledged(state: WriteState): void {
    const { world, session } = this
    world.count('acknowledged')
    world.note(`${session} was told ${JSON.stringify(state)}`)
    this.#hear(state)
    if (state.durable) world.toldDurable(state.postId, session, state.op)
    else if (world.faults.has('ack postgres')) world.violate('acknowledged by Redis alone')
    else this.kept.set(state.postId, Math.max(this.kept.get(state.postId) ?? 0, state.op))
  }

  async #look(): Promise<void> {
    const { world, session } = this
    const ids = POSTS.map(post => post.id)
    const states = await ask(world.request(world.random.pick(INSTANCES), o => o.read(ids, session)))
    for (const state of states?.values() ?? []) this.#hear(state)
  }

  /** Invariant 7, and what a browser remembers. */
  #hear({ postId, count, op }: LikeState): void {
    const { base } = POSTS.find(post => post.id === postId)!
    if (count !== null && (count < base || count > base + SESSIONS.length))
      this.world.violate(`shown count ${count} of a post between ${base} and ${base + SESSIONS.length}`)
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
    for (let i = 0; i < 12; i++) await world.turn()
    if (world.isEnding) return
    const instance = world.random.pick(INSTANCES)
    const [from, to] = [world.random.pick(SESSIONS), world.random.pick(SESSIONS)]
    const act = world.random.below(4)
    world.note(`moderation ${act} of ${from} ${to} at ${instance}`)
    if (act === 0 && world.faults.has('post removed'))
      await ask(world.request(instance, o => o.removePost(POSTS[2]!.id)))
    else if (world.faults.has('moderation'))
      await ask(
        world.request(
          instance,
          o => (act < 3 ? o.removeSession(from) : o.mergeSessions(from, to)) as Promise<unknown>,
        ),
      )
    else if (act === 1) await ask(world.request(instance, o => o.rehydrate(world.random.pick(POSTS).id)))
  }
}
