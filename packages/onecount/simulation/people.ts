import { OnecountError } from '../src/core/errors'
import type { Onecount } from '../src/core/onecount'
import { nextOp } from '../src/core/op'
import type { LikeState, WriteState } from '../src/core/types'
import { ask } from './ask'
import { Device } from './device'
import type { Press } from './last-word'
import { pairOf } from './truth'
import type { World } from './world'

/** How long after a failure an instance may leave Redis alone. */
const BREAKER_MEMORY_MS = 3000
/** How often a person tries one press before they give up. */
const TRIES = 6

/** A tab: presses, reads, and keeps what was acknowledged until it is durable. */
export class Tab {
  /** The newest op that a server has told, by post. */
  readonly #known = new Map<string, number>()
  /** The newest one that was made here and not refused. */
  readonly #own = new Map<string, number>()
  /** What the person was told last of a post: nothing of it may go back. Absent while a press is open. */
  readonly #told = new Map<string, { op: number; inRedis: boolean }>()
  /** Acknowledged, and not known to be durable, by post. */
  readonly kept = new Map<string, number>()

  readonly #device: Device

  constructor(
    private readonly world: World,
    readonly session: string,
  ) {
    this.#device = new Device(world)
  }

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
        const instance = world.random.pick(world.instances.names)
        await this.resend(use => world.instances.request(instance, use))
      }
    }
  }

  async #press(): Promise<void> {
    const { world, session } = this
    const { id } = world.random.pick(world.pages())
    const pair = pairOf(id, session)
    const liked = world.random.chance(0.6)
    const hasOp = !(world.faults.has('no op') && world.random.chance(0.4))
    let op = hasOp ? this.#stamp(id, liked) : undefined
    this.#told.delete(id)
    const press = world.lastWord.begin(pair, liked, op, world.known(pair))
    world.count('presses')
    const since = world.now
    let isRestamped = false
    let restampedAt = ''
    let wasUnanswered = false
    let at = world.random.pick(world.instances.names)
    let isRefused = false
    for (let i = 0; i < TRIES && !isRefused; i++) {
      // A connection mostly stays; a balancer may choose anew.
      if (world.random.chance(0.5)) at = world.random.pick(world.instances.names)
      world.note(
        `${session} presses ${id.slice(-1)} ${liked ? 'like' : 'unlike'} ${op ?? 'without op'} at ${at}`,
      )
      const asked = world.exactness.now
      const answer = await ask(
        world.instances.request(at, onecount => onecount.set(id, session, liked, { op })),
        () => {
          isRefused = true
        },
      )
      if (answer instanceof OnecountError) {
        this.#device.learn(answer.options.now!)
        this.#own.delete(id)
        if (isRestamped) {
          world.count('refused')
          const isInRedis = (world.redisFailedAt.get(at) ?? 0) < since && !world.known(pair).isSplit
          if (restampedAt === at && !wasUnanswered && world.keepsOps && isInRedis)
            world.violate(`${op} of ${pair} was made of the time that ${at} said, and refused by it`)
          return world.lastWord.refuse(press, world.known(pair))
        }
        world.count('restamped')
        isRestamped = true
        restampedAt = at
        op = this.#stamp(id, liked)
        world.lastWord.restamp(press, op, world.known(pair))
      } else if (answer) {
        this.#device.hear(world.clockAt(at) / 1000)
        // Attempts without an op that were given up may still reach Redis, where they are new.
        if (op === undefined && answer.source === 'postgres') world.lastWord.giveUp(press)
        else world.lastWord.acknowledge(press)
        this.#expectLast(press, answer)
        return this.#acknowledged(answer, asked)
      } else wasUnanswered = true
      if (world.isEnding) break
      await world.turn()
    }
    world.lastWord.giveUp(press)
  }

  /** An op stamped by the device's clock, later than every op that this tab knows of the post. */
  #stamp(id: string, liked: boolean): number {
    const { world, session } = this
    const newest = Math.max(this.#known.get(id) ?? 0, this.#own.get(id) ?? 0)
    const op = nextOp(this.#device.now() * 1000, newest, liked)
    this.#own.set(id, op)
    world.truth.raise(world.truth.made, pairOf(id, session), op)
    return op
  }

  /** Who has pressed last sees what was pressed. */
  #expectLast({ pair, liked, isLast }: Press, state: WriteState): void {
    const { world } = this
    if (!isLast || !world.hasLastWord || world.wasGone(state.postId) || state.source !== 'redis') return
    if (state.liked !== liked)
      world.violate(`${pair} is told ${JSON.stringify(state)} to who pressed the opposite`)
  }

  async #toggle(): Promise<void> {
    const { world, session } = this
    const { id } = world.random.pick(world.pages())
    const instance = world.random.pick(world.instances.names)
    this.#told.delete(id)
    world.note(`${session} toggles ${id.slice(-1)} at ${instance}`)
    const pair = pairOf(id, session)
    const press = world.lastWord.begin(pair, true, undefined, world.known(pair))
    press.isLast = false
    const asked = world.exactness.now
    const state = await ask(world.instances.request(instance, onecount => onecount.toggle(id, session)))
    if (!state || state instanceof OnecountError) return world.lastWord.giveUp(press)
    world.lastWord[state.source === 'postgres' ? 'giveUp' : 'acknowledge'](press)
    this.#acknowledged(state, asked)
  }

  /** `asked`: the moment of the press. */
  #acknowledged(state: WriteState, asked: number): void {
    const { world, session } = this
    world.count('acknowledged')
    world.note(`${session} was told ${JSON.stringify(state)}`)
    if (!world.isForgotten(state.postId)) {
      const accepted = world.truth.accepted.get(pairOf(state.postId, session)) ?? 0
      if (accepted < state.op) world.violate(`${state.op} is acknowledged, and no store has accepted it`)
    }
    this.#hear(state, asked)
    this.#told.set(state.postId, { op: state.op, inRedis: state.source !== 'postgres' })
    if (state.durable) world.toldDurable(state.postId, session, state.op)
    else if (world.faults.has('ack postgres')) world.violate('acknowledged by Redis alone')
    else this.kept.set(state.postId, Math.max(this.kept.get(state.postId) ?? 0, state.op))
  }

  async #look(): Promise<void> {
    const { world, session } = this
    const ids = world.posts.map(post => post.id)
    const instance = world.random.pick(world.instances.names)
    const since = world.now
    const asked = world.exactness.now
    const told = new Map(this.#told)
    const states = await ask(world.instances.request(instance, o => o.read(ids, session)))
    if (!states || states instanceof OnecountError) return
    this.#device.hear(world.clockAt(instance) / 1000)
    for (const state of states.values()) {
      this.#hear(state, asked)
      if (state.source === 'postgres') world.count('shown by postgres')
      if (state.source === 'postgres' && (world.redisFailedAt.get(instance) ?? 0) < since - BREAKER_MEMORY_MS)
        world.violate(`${state.postId} is shown from Postgres, and Redis has not failed`)
      this.#expectOwn(state, told.get(state.postId))
    }
  }

  /** Read your like: a read shows the op that Redis has acknowledged, unless the session has pressed elsewhere since. */
  #expectOwn({ postId, liked, source }: LikeState, told?: { op: number; inRedis: boolean }): void {
    const { world, session } = this
    if (!told?.inRedis || source !== 'redis' || world.hasLost) return
    if (['moderation' as const, 'op refused' as const].some(fault => world.faults.has(fault))) return
    if (world.wasGone(postId)) return
    if (world.truth.accepted.get(pairOf(postId, session)) !== told.op) return
    if (liked !== (told.op % 2 === 1))
      world.violate(`${session} does not see the own ${told.op} of ${postId}`)
  }

  /** Invariants 4, 5 and 7, and what a browser remembers. */
  #hear(state: LikeState, asked: number): void {
    const { world, session } = this
    const { postId, count, op, source } = state
    world.exactness.check(state, session, asked)
    // What some of its ops change is not known: each may be counted wrongly by one.
    const off = source === 'lagging' ? world.sessions.length : 0
    if (source === 'lagging') {
      world.count('shown lagging')
      // A cold post with many pending ops stays cold, and the press that comes then is counted later. A batch that is half
      // settled stays so when all ends, as no instance drains any more.
      if (world.faults.size === 0 && !world.counts['many pending'] && !world.isEnding)
        world.violate(`${postId} is lagging, and nothing has gone wrong`)
    }
    const bases = world.basesOf(postId)
    const [least, most] = [Math.min(...bases), Math.max(...bases) + world.sessions.length]
    const isWithin = count === null || (count >= Math.max(0, least - off) && count <= most + off)
    if (!isWithin && !world.wasGone(postId))
      world.violate(`shown count ${count} of a post between ${least} and ${most}`)
    if (op !== null) this.#known.set(postId, Math.max(this.#known.get(postId) ?? 0, op))
  }

  /** Asks the server about the presses that the browser keeps, and sends again those that it does not know. */
  async resend(through: <T>(use: (onecount: Onecount) => Promise<T>) => Promise<T>): Promise<void> {
    const { world, session } = this
    if (this.kept.size === 0) return
    const states = await ask(through(onecount => onecount.read([...this.kept.keys()], session)))
    if (!states || states instanceof OnecountError) return
    for (const [postId, op] of this.kept) {
      const state = states.get(postId)
      if (!state) this.kept.delete(postId)
      else if (state.durable && state.op! >= op) this.#isDurable(postId, state.op!)
      else if (state.op === null || state.op < op) {
        world.count('re-sent')
        const liked = op % 2 === 1
        const send = (op: number) =>
          ask(
            through(onecount => onecount.set(postId, session, liked, { op, ack: 'postgres' })),
            () => this.kept.delete(postId),
          )
        let again = await send(op)
        // A server whose clock was ahead had accepted it, and a store has lost it since.
        if (again instanceof OnecountError) {
          const restamped = nextOp(again.options.now! * 1000, 0, liked)
          world.truth.raise(world.truth.made, pairOf(postId, session), restamped)
          world.lastWord.void(pairOf(postId, session))
          again = await send(restamped)
          if (again && 'durable' in again) this.kept.set(postId, again.op)
        }
        if (again && 'durable' in again && again.durable) this.#isDurable(postId, again.op)
      }
    }
  }

  #isDurable(postId: string, op: number): void {
    this.world.toldDurable(postId, this.session, op)
    this.kept.delete(postId)
  }
}

/** Drains at one instance for as long as the world goes on: a dozen of them as often as three, so that people get on. */
export async function drain(world: World, instance: string): Promise<void> {
  const rests = world.instances.names.length / 3
  while (!world.isEnding) {
    for (let i = 0; i < rests; i++) await world.turn()
    // The lease goes by a clock that is not the world's: where nothing goes wrong, no instance shares it, so that each one drains.
    const sharesLease = world.faults.size > 0 && world.random.chance(0.3)
    await ask(world.instances.request(instance, onecount => onecount.drainer.tick({ sharesLease })))
  }
}
