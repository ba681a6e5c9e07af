import type { Onecount, OnecountOptions } from '../src/core/onecount'
import { restPort } from './rest'
import type { World } from './world'

const FEW = ['A', 'B', 'W']
const DOZEN = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'W']
/** Few, so that little is many batches. */
const BATCH_SIZES = [1, 3]
/** So few that a batch is several slices, and one that is not. */
const SETTLE_SIZES = [1, 2, 100]
/** Limits so small that every branch runs often. */
const SMALL = { sessionOps: 1, pendingMost: 3, settleSize: 1 }

/** An answer that a person never gets: the server is gone, or the network is. */
export class Unanswered extends Error {}

interface Running {
  onecount: Onecount
  /** Ends the requests of people that are being served. */
  open: Set<() => void>
}

/** The processes of the application. */
export class Instances {
  readonly names: readonly string[]
  readonly #running = new Map<string, Running>()
  readonly #batchSize: number

  constructor(private readonly world: World) {
    this.names = world.faults.has('dozen instances') ? DOZEN : FEW
    this.#batchSize = world.random.pick(BATCH_SIZES)
  }

  startAll(): void {
    for (const name of this.names) this.#start(name)
  }

  #start(name: string): void {
    const { world } = this
    const skewMs = world.clocks.of(name)
    const clock = () => world.now + skewMs
    const ports = world.network.ports(name)
    this.#running.set(name, {
      onecount: this.onecountOn({
        ...ports,
        ...(world.faults.has('over rest') && { redis: restPort(world.network, name, clock) }),
        clock,
        sleep: ms => world.sleep(name, ms),
      }),
      open: new Set(),
    })
  }

  /** The engine on these ports, by these clocks. */
  onecountOn(means: Pick<OnecountOptions, 'redis' | 'postgres' | 'clock' | 'sleep'>): Onecount {
    const { world } = this
    return world.engine.createOnecount({
      clock: () => world.now,
      ...means,
      ack: world.faults.has('ack postgres') ? 'postgres' : 'redis',
      log: { warn: message => world.note(message) },
      settings: {
        batchSize: this.#batchSize,
        recentMs: world.recentMs,
        breakerFailures: 3,
        breakerMs: 40,
        ...(world.seed % 2 ? SMALL : {}),
        ...this.#ownSettings(),
        // The calls have deadlines of the world's own clock.
        deadlineMs: Number.POSITIVE_INFINITY,
      },
    })
  }

  /** Processes of two versions of the application may have different settings. */
  #ownSettings() {
    const { random, faults } = this.world
    if (!faults.has('settings apart')) return {}
    return { batchSize: random.pick(BATCH_SIZES), settleSize: random.pick(SETTLE_SIZES) }
  }

  /** The process of an instance dies, and a new one starts. */
  crash(name: string): void {
    const { network, random, now } = this.world
    const { open } = this.#running.get(name)!
    // What it has sent before it died may still arrive.
    for (const call of network.forget(name))
      if (random.chance(0.3)) network.stragglers.push({ call, dueAt: now + random.below(300) })
    this.#start(name)
    for (const end of open) end()
  }

  /** What a person or a loop asks of an instance. @throws Unanswered when the instance dies, or the network fails */
  async request<T>(name: string, ask: (onecount: Onecount) => Promise<T>): Promise<T> {
    const { world } = this
    const instance = this.#running.get(name)!
    let end: () => void = () => {}
    const died = new Promise<never>((_, reject) => {
      end = () => reject(new Unanswered())
    })
    instance.open.add(end)
    try {
      const answer = await Promise.race([ask(instance.onecount), died])
      if (world.happens('reply lost')) throw new Unanswered()
      return answer
    } finally {
      instance.open.delete(end)
    }
  }
}
