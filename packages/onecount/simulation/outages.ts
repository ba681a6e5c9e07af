import { chooseEvent } from './faults'
import type { Dump } from './keyspace'
import type { PostgresBackup } from './memory-postgres'
import type { Call, StoreName } from './network'
import type { World } from './world'

/** What was drained meanwhile by an instance that goes right is forgotten when one that does not is pressed. */
const SET_BACK_EVERY_MS = 1500

/** The faults that strike the stores and instances of a world, their ends, and the data that they lose. */
export class Outages {
  /** Stores that no instance reaches, and those that one instance does not reach: `redis`, `A redis`. */
  readonly #down = new Set<string>()
  readonly #redisBackups: Dump[] = []
  readonly #postgresBackups: PostgresBackup[] = []

  /** Instances whose clock was set back, and when the next one may be. */
  readonly #setBack = new Set<string>()
  #nextSetBack = 0
  #hasRedisLost = false

  constructor(private readonly world: World) {}

  isDown(store: StoreName): boolean {
    return this.#down.has(store)
  }

  /** Whether a call cannot get from its instance to its store. */
  isBetween({ store, instance }: Pick<Call, 'store' | 'instance'>): boolean {
    return this.isDown(store) || this.#down.has(`${instance} ${store}`)
  }

  /** Something of what the seed has happens to a store or an instance. */
  async happen(): Promise<void> {
    const { world } = this
    const event = chooseEvent(world.random, world.faults)
    if (!event) return
    world.count(event)
    world.note(`-- ${event}`)
    if (event === 'crash') world.instances.crash(world.random.pick(world.instances.names))
    else if (event === 'clock set back') this.#setClockBack()
    else if (event === 'redis down') this.#toggle('redis')
    else if (event === 'postgres down') this.#toggle('postgres')
    else if (event === 'split brain') this.#toggle(`${world.random.pick(world.instances.names)} redis`)
    else if (event === 'op refused') this.#changeRule()
    else if (event === 'key expired') await this.#expire()
    else if (event === 'postgres rolled back') await this.#lose(() => this.#rollPostgresBack())
    else {
      this.#hasRedisLost = true
      this.world.memory.redisLost()
      if (event === 'redis flushed') await this.#lose(() => world.redis.flush())
      else if (event === 'redis queue lost')
        await this.#lose(() => world.redis.lose(world.random.pick(world.redis.queues)))
      else if (event === 'redis key lost') await this.#lose(() => this.#loseKey())
      else await this.#lose(() => this.#rollRedisBack())
    }
  }

  /** Backups that a store may come back as. */
  async backUp(): Promise<void> {
    const { faults, redis, postgres } = this.world
    if (faults.has('redis rolled back')) this.#redisBackups.push(await redis.backup())
    if (faults.has('postgres rolled back')) this.#postgresBackups.push(postgres.backup())
  }

  /** Everything is reachable again. */
  end(): void {
    this.#down.clear()
  }

  #toggle(name: string): void {
    if (!this.#down.delete(name)) this.#down.add(name)
    this.world.note(`${name}: ${this.#down.has(name) ? 'down' : 'up'}`)
  }

  /** The application gets a rule that forbids some of a session's ops, or loses it. */
  #changeRule(): void {
    const { random, postgres, sessions } = this.world
    const session = random.chance(0.8) ? random.pick(sessions) : null
    postgres.forbid(({ sessionId, op }) => sessionId === session && Math.floor(op / 16_000) % 2 === 0)
    this.world.note(`forbidden: ${session}`)
  }

  /** The machine of an instance starts again with another time: each once, and seldom while others go right. */
  #setClockBack(): void {
    const { random, clocks, now, instances } = this.world
    const instance = random.pick(instances.names)
    if (this.#setBack.has(instance) || now < this.#nextSetBack) return
    this.#setBack.add(instance)
    this.#nextSetBack = now + SET_BACK_EVERY_MS
    clocks.setBack(instance)
    instances.crash(instance)
  }

  async #rollRedisBack(): Promise<void> {
    const { random, redis } = this.world
    if (this.#redisBackups.length > 0) await redis.restore(random.pick(this.#redisBackups))
  }

  async #rollPostgresBack(): Promise<void> {
    const { random, postgres, redis, memory, truth } = this.world
    if (!this.#hasRedisLost)
      for (const drained of memory.forgotten(await redis.ops()))
        if (!this.world.wasGone(drained.split('|')[0]!))
          this.world.violate(`${drained} was drained, and Redis has forgotten it too soon`)
    if (this.#postgresBackups.length > 0) postgres.restore(random.pick(this.#postgresBackups))
    this.world.postgresRolledBack()
    truth.postgresLost(postgres.ops())
  }

  async #loseKey(): Promise<void> {
    const { redis, random, posts, sessions } = this.world
    const key = random.pick(redis.losable(random.pick(posts).id, random.pick(sessions)))
    this.world.note(`lost ${key}`)
    await redis.lose(key)
  }

  /** Nothing is lost by it: Postgres and the queue have it, or it decides nothing. */
  async #expire(): Promise<void> {
    const { redis, random, posts, sessions, truth, expiry, instances, redisFailedAt, now } = this.world
    const [{ id }, session] = [random.pick(posts), random.pick(sessions)]
    const key = random.pick(redis.expiring(id, session))
    if (key === redis.keysOf(id).ops(session) && !(await expiry.mayExpire(id, session))) return
    this.world.note(`expired ${key}`)
    await redis.lose(key)
    // A reader whose posts go again and again gives up.
    for (const name of instances.names) redisFailedAt.set(name, now)
    // It begins anew with a revision of the reader's clock.
    if (key !== redis.numbersOf(id)) return
    this.world.count('post expired')
    truth.shown.delete(id)
  }

  /** What no store can deliver any more afterwards may be gone. */
  async #lose(how: () => Promise<unknown>): Promise<void> {
    const { world } = this
    await how()
    world.hasLost = true
    world.monitor.reset()
    const left = await world.redis.ops(world.memory.isPromised)
    for (const [pair, op] of world.postgres.ops()) left.set(pair, Math.max(left.get(pair) ?? 0, op))
    world.note(`lost for good: ${world.truth.lost(left).length} of the accepted ops`)
  }
}
