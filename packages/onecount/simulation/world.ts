import type { Redis } from 'ioredis'
import { idsOf } from '../src/core/kind-ids'
import { MAX_OP_AHEAD, opTime } from '../src/core/op'
import { createRandom, type Random } from '../test/support/random'
import { Clocks } from './clocks'
import { Delivery } from './delivery'
import type { Engine } from './engine'
import { Exactness } from './exactness'
import { Expiry } from './expiry'
import { chooseFaults, type Fault } from './faults'
import { Instances } from './instances'
import { kindOfSeed, type SimulatedKind } from './kinds'
import { type Known, LastWord } from './last-word'
import { Memory } from './memory'
import type { createMemoryPostgres } from './memory-postgres'
import { Monitor } from './monitor'
import { type Call, Network } from './network'
import { Outages } from './outages'
import { SimulatedRedis } from './redis'
import { pairOf, Truth } from './truth'

const START = 1_795_000_000_000
/** How long everything works before the final checks, milliseconds: by then no post is remembered as absent any more. */
const CALM_MS = 10_000
/** How likely each fate of a message is in a seed that has it, and how likely something breaks in a step. */
const MESSAGE_RATES = [0.03, 0.1, 0.25]
const EVENT_RATES = [0.01, 0.04, 0.1]

/** One seed: stores, instances, everything on its way, and the order in which it happens. */
export class World {
  readonly random: Random
  readonly faults: ReadonlySet<Fault>
  /** Few, so that things happen to the same ones at once. */
  readonly posts: SimulatedKind['posts']
  readonly sessions: readonly string[]
  readonly truth = new Truth()
  readonly redis: SimulatedRedis
  readonly postgres: ReturnType<typeof createMemoryPostgres>
  readonly network: Network
  readonly delivery = new Delivery(this)
  readonly monitor = new Monitor()
  readonly exactness = new Exactness(this)
  readonly instances: Instances
  readonly expiry = new Expiry(this)
  readonly lastWord = new LastWord()
  readonly clocks: Clocks
  readonly memory: Memory
  readonly outages = new Outages(this)
  readonly counts: Record<string, number> = {}
  readonly trace: string[] = []
  now = START
  /** A store has lost something. */
  hasLost = false
  /** No more faults, and people finish what they do. */
  isEnding = false
  /** When a call to Redis has failed last, or Redis has refused to hydrate, by instance. */
  readonly redisFailedAt = new Map<string, number>()
  readonly #turns: (() => void)[] = []
  readonly #atOnce: Promise<unknown>[] = []
  readonly #everGone = new Set<string>()
  /** Posts that were gone and are there again, as new ones. */
  readonly #back = new Set<string>()
  readonly #everBack = new Set<string>()
  /** What a post was given by hand beside what sessions like. */
  readonly #bases = new Map<string, number[]>()
  readonly #messageRate: number
  readonly #eventRate: number
  #ids = 0

  constructor(
    readonly seed: number,
    readonly engine: Engine,
    client: Redis,
    readonly isTraced: boolean,
    faults?: ReadonlySet<Fault>,
    readonly simulated: SimulatedKind = kindOfSeed(seed),
  ) {
    const { kind, posts, sessions } = simulated
    this.random = createRandom(seed)
    const chosen = chooseFaults(this.random)
    this.faults = faults ?? chosen
    this.#messageRate = this.random.pick(MESSAGE_RATES)
    this.#eventRate = this.random.pick(EVENT_RATES)
    this.instances = new Instances(this)
    this.clocks = new Clocks(this.random, this.faults)
    this.memory = new Memory(this.recentMs)
    this.posts = posts.slice(this.random.below(posts.length))
    this.sessions = sessions.slice(0, 2 + this.random.below(4))
    this.redis = new SimulatedRedis(
      {
        client,
        scripts: engine.scripts,
        prefix: `${seed}:`,
        clock: () => this.now,
        skewMs: this.clocks.redis,
        kind,
      },
      engine.partitions,
    )
    this.postgres = engine.createMemoryPostgres({ kind, newId: () => `receipt-${++this.#ids}` })
    this.postgres.addPosts(this.posts.map(({ id, base }) => ({ id, likes: base })))
    this.network = new Network({ redis: this.redis, postgres: this.postgres.port }, this.done)
    this.instances.startAll()
  }

  /** A store has done a call. */
  done = (call: Call, answer: unknown): void => {
    if (call.name === 'removePost') this.#goneWith(String(call.args[0]))
    this.truth.executed(call, answer, this.isForgotten, this.#accepted)
    this.exactness.watch(call, answer)
    this.expiry.watch(call, answer)
  }

  /**
   * A store has accepted an op, which is not far in the future by every clock that ever was. One that was refused stays
   * refused, unless servers do not agree about the time.
   */
  #accepted = (pair: string, op: number): void => {
    const latest = this.now + this.clocks.latest + (2 * MAX_OP_AHEAD) / 1000
    if (opTime(op) / 1000 > latest + 1) this.violate(`${op} of ${pair} was accepted, from the future`)
    if (!this.lastWord.wasRefused(pair, op)) return
    this.lastWord.void(pair)
    if (!this.clocks.areApart && !this.hasLost)
      this.violate(`${op} of ${pair} was refused, and then accepted`)
  }

  /** How long a drained op stays comparable, milliseconds. */
  get recentMs(): number {
    return this.faults.has('short recent') ? 400 : 15 * 60_000
  }

  /** Likes of a post that no session stood for at any time. */
  basesOf = (post: string): number[] => [
    this.posts.find(({ id }) => id === post)!.base,
    ...(this.#bases.get(post) ?? []),
  ]

  /** An operator sets the likes of a post in the database. */
  setLikes(post: string, likes: number): void {
    this.postgres.setLikes(post, likes)
    this.#bases.set(post, [...(this.#bases.get(post) ?? []), this.postgres.base(post)])
    this.exactness.rebased(post)
  }

  /** An operator deletes a post in the database. */
  deletePost(post: string): void {
    this.#goneWith(post)
    this.postgres.removePost(post)
  }

  /** The application inserts a post again that was deleted: the same id, and none of the likes that sessions gave. */
  bringBack(post: string): void {
    const removed = idsOf(this.simulated.kind).removedWith(post)
    // Of a target's variants some are not simulated.
    for (const { id, base } of this.simulated.posts.filter(({ id }) => removed.includes(id))) {
      if (!this.isGone(id)) continue
      this.postgres.addPosts([{ id, likes: base }])
      this.#back.add(id)
      this.#everBack.add(id)
      for (const session of this.sessions) {
        this.truth.begin(pairOf(id, session))
        this.lastWord.void(pairOf(id, session))
      }
    }
  }

  /** A Postgres that comes back older may have a post as it was before. */
  postgresRolledBack(): void {
    this.#back.clear()
  }

  #goneWith(post: string): void {
    for (const id of idsOf(this.simulated.kind).removedWith(post)) {
      this.#everGone.add(id)
      this.#back.delete(id)
    }
  }

  wasGone = (post: string) => this.#everGone.has(post)
  /** What was accepted of it may be gone with it: of a post that came back what was accepted since is not. */
  isForgotten = (post: string) => this.#everGone.has(post) && !this.#back.has(post)
  wasBack = (post: string) => this.#everBack.has(post)
  isGone = (post: string) => this.postgres.post(post) === null

  /** Posts that pages show: not those that are gone. */
  pages(): SimulatedKind['posts'] {
    const there = this.posts.filter(({ id }) => !this.isGone(id))
    return there.length > 0 && this.random.chance(0.95) ? there : this.posts
  }

  note(what: string): void {
    if (this.isTraced) this.trace.push(`${String(this.now - START).padStart(6)} ms  ${what}`)
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }

  violate(what: string): void {
    this.note(`VIOLATION ${what}`)
    this.truth.violations.push(what)
  }

  /** The clock of an instance, microseconds. */
  clockAt = (instance: string) => (this.now + this.clocks.of(instance)) * 1000

  /** What the stores have accepted of a pair. */
  known(pair: string): Known {
    return { accepted: this.truth.accepted.get(pair) ?? 0, isSplit: this.truth.viaPostgres.has(pair) }
  }

  /** Whether the last word on a pair can be told: no store has lost anything, and the application has no rule against it. */
  get hasLastWord(): boolean {
    // A post that has left Redis does not tell how far ahead another clock was.
    if (this.clocks.areApart && this.counts['post expired']) return false
    return this.keepsOps
  }

  /** What the stores have accepted they keep. */
  get keepsOps(): boolean {
    return !this.hasLost && !this.faults.has('op refused')
  }

  /** Does something outside the network, where it takes as long as it takes: the world stands still meanwhile. */
  async atOnce(work: () => Promise<unknown>): Promise<void> {
    const done = work()
    this.#atOnce.push(done)
    await done
  }

  /** Waits until it is one's turn again. */
  turn(): Promise<void> {
    return new Promise(resolve => this.#turns.push(resolve))
  }

  /** A procedure of an instance waits. */
  sleep(instance: string, ms: number): Promise<void> {
    return new Promise(wake => this.network.sleepers.push({ instance, dueAt: this.now + ms, wake }))
  }

  /** Whether it happens to a message now. */
  happens(fault: Fault): boolean {
    return !this.isEnding && this.faults.has(fault) && this.random.chance(this.#messageRate)
  }

  /** Runs one event: a message moves, a waiting call continues, or a fault strikes. False: no event is left. */
  async step(): Promise<boolean> {
    this.now += this.random.chance(0.02) ? this.random.below(500) : this.random.below(8)
    if (!this.isEnding && this.random.chance(this.#eventRate)) await this.outages.happen()
    if (!this.isEnding && this.random.chance(0.04)) await this.outages.backUp()
    const { messages, stragglers, sleepers } = this.network
    if (messages.length + this.#turns.length === 0 && sleepers.length > 0)
      this.now = Math.max(this.now, Math.min(...sleepers.map(({ dueAt }) => dueAt)))
    const isDue = ({ dueAt }: { dueAt: number }) => dueAt <= this.now
    const ready: (() => unknown)[] = [
      ...messages.map(message => () => this.delivery.move(takeFrom(messages, message))),
      ...stragglers
        .filter(isDue)
        .map(late => () => this.delivery.arriveLate(takeFrom(stragglers, late).call)),
      ...this.#turns.map(goOn => () => takeFrom(this.#turns, goOn)()),
      ...sleepers.filter(isDue).map(sleeper => () => takeFrom(sleepers, sleeper).wake()),
    ]
    if (ready.length === 0) return false
    await this.random.pick(ready)()
    // Until everybody who can go on waits for something again.
    do {
      await Promise.all(this.#atOnce.splice(0))
      await new Promise(resolve => setImmediate(resolve))
    } while (this.#atOnce.length > 0)
    return true
  }

  /** A caller was told that an op is durable: Postgres must hold it, unless it has lost it since. */
  toldDurable(postId: string, session: string, op: number): void {
    const pair = pairOf(postId, session)
    if (this.isForgotten(postId) || this.truth.isOfBefore(pair, op)) return
    const held = this.postgres.ops().get(pair) ?? 0
    if (held < op && !this.counts['postgres rolled back'])
      this.violate(`${pair} is told to be durable and is not`)
    this.truth.raise(this.truth.durable, pair, Math.min(op, held))
  }

  /** Ends every fault, delivers late messages, and lets every call that has begun end. */
  async heal(): Promise<void> {
    this.note('-- healed')
    this.outages.end()
    this.isEnding = true
    for (const straggler of this.network.stragglers) straggler.dueAt = this.now
    while (await this.step());
    // A post that an instance remembers as absent may exist in a Postgres that came back older.
    this.now += CALM_MS
  }
}

/** Removes one element from a list, and returns it. */
function takeFrom<T>(from: T[], one: T): T {
  from.splice(from.indexOf(one), 1)
  return one
}
