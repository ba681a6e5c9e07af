import { checkCut } from './checks'
import type { Call } from './network'
import type { Held } from './redis'
import type { World } from './world'

/** Of so many calls one is followed by a look at the whole of both stores. */
const LOOK_EVERY = 3
/** A reader gives up after so many moves of the cut within so many milliseconds. */
const MOVES = 4
const WITHIN_MS = 30_000

/** Looks at both stores after the calls that they do. */
export class Observer {
  /** When the cut had moved before what was read could be installed, by instance. */
  readonly #moves = new Map<string, number[]>()
  #calls = 0

  constructor(private readonly world: World) {}

  async look(call: Call, answer: unknown): Promise<void> {
    const { world } = this
    if (call.name.startsWith('install')) this.#noteHeld(call.instance, String(answer))
    const isDropped = call.name === 'abandon' && answer === '1'
    const isInstalled = call.name === 'install-posts' && (answer as string[])[0] === 'OK'
    if ((isDropped || isInstalled) && (await this.#heldBy(call)).isHalf)
      world.violate(
        `some of the batch is settled, and ${isDropped ? 'it was dropped' : 'posts are made warm'}`,
      )
    if (++this.#calls % LOOK_EVERY === 0)
      for (let i = 0; i < world.redis.partitions; i++) await checkCut(world, i)
  }

  /** Where Redis refuses to hydrate, or the cut moves again and again, Postgres answers although Redis has not failed. */
  #noteHeld(instance: string, answer: string): void {
    const { world } = this
    const isHeld = /FEEDING|MANY/.test(answer)
    if (answer.includes('MANY')) world.count('many pending')
    if (!isHeld && !/AGAIN|NEW/.test(answer)) return
    const before = (this.#moves.get(instance) ?? []).filter(at => at > world.now - WITHIN_MS)
    this.#moves.set(instance, [...before, world.now])
    if (!isHeld && before.length + 1 < MOVES) return
    world.count('hydration held')
    world.redisFailedAt.set(instance, world.now)
  }

  /** What the partition of a call holds. */
  #heldBy({ args }: Call): Promise<Held> {
    const { redis } = this.world
    return redis.held(redis.queues.indexOf((args[0] as string[])[0]!))
  }
}
