import type { Redis } from 'ioredis'
import { StoreRefused, StoreUnavailable } from '../src/core/errors'
import type { Onecount } from '../src/core/onecount'
import { MAX_OP_AHEAD, opTime } from '../src/core/op'
import { createRandom, type Random } from '../test/support/random'
import { Clocks } from './clocks'
import type { Engine } from './engine'
import { chooseFaults, type Fault } from './faults'
import type { WorldMonitor, WorldRedis } from './kit'
import { type Known, LastWord } from './last-word'
import { Memory } from './memory'
import { type Call, type Message, Network } from './network'
import { Outages } from './outages'
import { PressCalls } from './press-calls'
import { pairOf, Truth } from './truth'

const POSTS = [446, 0, 7].map((base, i) => ({
  id: `70070000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  base,
}))
const SESSIONS = ['s0', 's1', 's2', 's3', 's4']
export const INSTANCES = ['A', 'B', 'W']
const START = 1_795_000_000_000
/** How long all is well before what is left is looked at, milliseconds: nothing is remembered as absent any more. */
const CALM_MS = 10_000
/** Few, so that little is many batches. */
const BATCH_SIZES = [1, 3]
/** How likely each fate of a message is in a seed that has it, and how likely something breaks in a step. */
const MESSAGE_RATES = [0.03, 0.1, 0.25]
const EVENT_RATES = [0.01, 0.04, 0.1]
/** How late a request may arrive, milliseconds: mostly within what is remembered, sometimes after. */
const LATE_MS = [300, 800, 3000]

/** An answer that a person never gets: the server is gone, or the network is. */
export class Unanswered extends Error {}

interface Running {
  onecount: Onecount
  /** Ends the requests of people that are being served. */
  open: Set<() => void>
}

/** One seed: stores, instances, everything on its way, and the order in which it happens. */
export class World {
  readonly random: Random
  readonly faults: ReadonlySet<Fault>
  /** Few, so that things happen to the same ones at once. */
  readonly posts: typeof POSTS
  readonly sessions: string[]
  readonly truth: Truth
  readonly redis: WorldRedis
  readonly postgres: ReturnType<Engine['createMemoryPostgres']>
  readonly network: Network
  readonly monitor: WorldMonitor
  readonly lastWord = new LastWord()
  readonly clocks: Clocks
  readonly memory: Memory
  readonly outages = new Outages(this, INSTANCES)
  readonly counts: Record<string, number> = {}
  readonly trace: string[] = []
  now = START
  /** A store has lost something. */
  hasLost = false
  /** No more faults, and people finish what they do. */
  isEnding = false
  /** When a call to Redis has failed last, or Redis has said that nobody may hydrate yet, by instance. */
  readonly redisFailedAt = new Map<string, number>()
  readonly #instances = new Map<string, Running>()
  readonly #turns: (() => void)[] = []
  readonly #atOnce: Promise<unknown>[] = []
  /** Queues of which the stores know each other: from now on they diverge only when something is lost. */
  readonly #met = new Set<string>()
  readonly #everGone = new Set<string>()
  readonly #pressCalls = new PressCalls()
  readonly #messageRate: number
  readonly #batchSize: number
  readonly #eventRate: number
  #ids = 0

  constructor(
    readonly seed: number,
    private readonly engine: Engine,
    client: Redis,
    private readonly isTraced: boolean,
    faults?: ReadonlySet<Fault>,
  ) {
    this.random = createRandom(seed)
    const chosen = chooseFaults(this.random)
    this.faults = faults ?? chosen
    this.#messageRate = this.random.pick(MESSAGE_RATES)
    this.#eventRate = this.random.pick(EVENT_RATES)
    this.#batchSize = this.random.pick(BATCH_SIZES)
    this.clocks = new Clocks(this.random, this.faults)
    this.truth = new Truth(engine.kit.shown)
    this.monitor = engine.kit.createMonitor()
    this.memory = new Memory(this.#recentMs, engine.kit.settled)
    this.posts = POSTS.slice(this.random.below(POSTS.length))
    this.sessions = SESSIONS.slice(0, 2 + this.random.below(4))
    this.redis = engine.kit.createRedis({
      client,
      scripts: engine.scripts,
      prefix: `${seed}:`,
      clock: () => this.now,
      skewMs: this.clocks.redis,
    })
    this.postgres = engine.createMemoryPostgres({ newId: () => `receipt-${++this.#ids}` })
    this.postgres.addPosts(this.posts.map(({ id, base }) => ({ id, likes: base })))
    this.network = new Network({ redis: this.redis, postgres: this.postgres.port }, (call, answer) => {
      if (call.name === 'removePost') this.#everGone.add(String(call.args[0]))
      this.truth.executed(call, answer, this.wasGone, this.#accepted)
    })
    for (const name of INSTANCES) this.#start(name)
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

  get #recentMs(): number {
    return this.faults.has('short recent') ? 400 : 15 * 60_000
  }

  wasGone = (post: string) => this.#everGone.has(post)
  isGone = (post: string) => this.postgres.post(post) === null

  /** Posts that somebody finds to press on: pages no longer show one that is gone. */
  pages(): typeof POSTS {
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

  #start(name: string): void {
    const skewMs = this.clocks.of(name)
    this.#instances.set(name, {
      onecount: this.engineOn(this.network.ports(name), skewMs),
      open: new Set(),
    })
  }

  /** An instance of the engine on these ports. */
  engineOn(ports: ReturnType<Network['ports']>, skewMs = 0): Onecount {
    return this.engine.createOnecount({
      ...ports,
      ack: this.faults.has('ack postgres') ? 'postgres' : 'redis',
      clock: () => this.now + skewMs,
      log: { warn: message => this.note(message) },
      settings: {
        batchSize: this.#batchSize,
        recentMs: this.#recentMs,
        breakerFailures: 3,
        breakerMs: 40,
        ...this.engine.kit.settings(this),
        // The calls have deadlines of the world's own clock.
        deadlineMs: Number.POSITIVE_INFINITY,
      },
    })
  }

  /** The clock of somebody at an instance, microseconds. */
  clockAt = (instance: string) => (this.now + this.clocks.of(instance)) * 1000

  /** What the stores have accepted of a pair. */
  known(pair: string): Known {
    return { accepted: this.truth.accepted.get(pair) ?? 0, isSplit: this.truth.viaPostgres.has(pair) }
  }

  /** Whether the last word on a pair can be told: no store has lost anything, and the application has no rule against it. */
  get hasLastWord(): boolean {
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

  /** The process of an instance dies, and a new one starts. */
  crash(name: string): void {
    const { open } = this.#instances.get(name)!
    const sent = this.network.forget(name)
    // What it has sent before it died may still arrive.
    for (const call of sent)
      if (this.random.chance(0.3))
        this.network.stragglers.push({ call, dueAt: this.now + this.random.below(300) })
    this.#start(name)
    for (const end of open) end()
  }

  /** What a person or a loop asks of an instance. @throws Unanswered when the instance dies, or the network fails */
  async request<T>(name: string, ask: (onecount: Onecount) => Promise<T>): Promise<T> {
    const instance = this.#instances.get(name)!
    let end: () => void = () => {}
    const died = new Promise<never>((_, reject) => {
      end = () => reject(new Unanswered())
    })
    instance.open.add(end)
    try {
      const answer = await Promise.race([ask(instance.onecount), died])
      if (!this.isEnding && this.faults.has('reply lost') && this.random.chance(this.#messageRate))
        throw new Unanswered()
      return answer
    } finally {
      instance.open.delete(end)
    }
  }

  /** One thing happens: a message moves, somebody goes on, or something breaks. False: nothing is left. */
  async step(): Promise<boolean> {
    this.now += this.random.chance(0.02) ? this.random.below(500) : this.random.below(8)
    if (!this.isEnding && this.random.chance(this.#eventRate)) await this.outages.happen()
    if (!this.isEnding && this.random.chance(0.04)) await this.outages.backUp()
    const due = this.network.stragglers.filter(({ dueAt }) => dueAt <= this.now)
    const choices = this.network.messages.length + due.length + this.#turns.length
    if (choices === 0) return false
    const choice = this.random.below(choices)
    if (choice < this.network.messages.length) {
      const [message] = this.network.messages.splice(choice, 1)
      await this.#move(message!)
    } else if (choice < this.network.messages.length + due.length) {
      const straggler = due[choice - this.network.messages.length]!
      this.network.stragglers.splice(this.network.stragglers.indexOf(straggler), 1)
      await this.#arriveLate(straggler.call)
    } else {
      const [goOn] = this.#turns.splice(choice - due.length - this.network.messages.length, 1)
      goOn!()
    }
    // Until everybody who can go on waits for something again.
    do {
      await Promise.all(this.#atOnce.splice(0))
      await new Promise(resolve => setImmediate(resolve))
    } while (this.#atOnce.length > 0)
    return true
  }

  async #move(message: Message): Promise<void> {
    const { call } = message
    if (message.kind === 'reply') return call.resolve(message.answer)
    if (message.kind === 'error') return call.reject(message.error)
    const giveUp = (why: string) => {
      if (call.store === 'redis') this.redisFailedAt.set(call.instance, this.now)
      this.note(`${describe(call)}: ${why}`)
      call.reject(new StoreUnavailable(call.store, why))
    }
    if (this.outages.isBetween(call)) return giveUp('unreachable')
    const has = (fault: Fault) =>
      !this.isEnding && this.faults.has(fault) && this.random.chance(this.#messageRate)
    if (has('request lost')) {
      this.count('request lost')
      return giveUp('request lost')
    }
    if (has('request late')) {
      this.count('request late')
      this.#delay(call)
      return giveUp('request late')
    }
    if (has('request twice')) {
      this.count('request twice')
      this.#delay(call)
    }
    if (call.name === 'sync' && this.engine.kit.refusesBatches && has('op refused'))
      return this.#refuseBatch(call)
    const answer = await this.#execute(call)
    if (has('reply lost')) {
      this.count('reply lost')
      return giveUp('reply lost')
    }
    this.network.messages.push({ kind: 'reply', call, answer })
  }

  /** The stores may not know each other afterwards. */
  async #refuseBatch(call: Call): Promise<void> {
    this.count('batch refused')
    if (this.random.chance(0.5)) await this.#execute(call)
    this.#met.clear()
    this.note(`${describe(call)}: refused`)
    call.reject(new StoreRefused('42883', 'a function of the application is gone'))
  }

  async #execute(call: Call): Promise<unknown> {
    this.count('calls')
    const answer = await this.network.execute(call)
    if (this.isTraced) this.note(`${describe(call)} -> ${JSON.stringify(answer)}`)
    this.memory.watch(call, answer, this.now)
    this.#pressCalls.watch(call, answer)
    const wrong = this.monitor.watch(call, answer)
    if (wrong) this.violate(wrong)
    await this.engine.kit.look(this, call, answer)
    if (answer === 'DIVERGED') {
      const [queue] = call.args[0] as string[]
      if (this.#met.has(queue!) && !this.hasLost) this.violate('diverged, and no store has lost anything')
      this.#met.add(queue!)
    }
    return answer
  }

  async #arriveLate(call: Call): Promise<void> {
    if (this.outages.isDown(call.store)) return
    this.note(`late: ${describe(call)}`)
    for (const pair of this.#pressCalls.pressedAnew(call)) this.lastWord.void(pair)
    await this.#execute(call)
  }

  #delay(call: Call): void {
    this.network.stragglers.push({ call, dueAt: this.now + this.random.below(this.random.pick(LATE_MS)) })
  }

  /** Somebody is told that an op is durable: then Postgres holds it, unless it has lost it since. */
  toldDurable(postId: string, session: string, op: number): void {
    if (this.wasGone(postId)) return
    const pair = pairOf(postId, session)
    const held = this.postgres.ops().get(pair) ?? 0
    if (held < op && !this.counts['postgres rolled back'])
      this.violate(`${pair} is told to be durable and is not`)
    this.truth.raise(this.truth.durable, pair, Math.min(op, held))
  }

  /** Everything works again, what is late arrives, and whoever has begun something ends it. */
  async heal(): Promise<void> {
    this.note('-- healed')
    this.outages.end()
    this.isEnding = true
    for (const straggler of this.network.stragglers) straggler.dueAt = this.now
    while (await this.step());
    // What is remembered as absent a Postgres that came back older may have.
    this.now += CALM_MS
  }
}

const describe = ({ instance, store, name, args, id }: Call): string =>
  `#${id} ${instance} ${store}.${name}(${JSON.stringify(store === 'redis' ? args[1] : args)})`
