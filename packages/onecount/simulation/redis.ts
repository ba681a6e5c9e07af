import type { Redis } from 'ioredis'
import { ABSENT_MS } from '../src/core/hydrate'
import { createKeys } from '../src/core/keys'
import type { RedisPort, Reply, ScriptName } from '../src/core/ports'
import { type Dump, Keyspace, type LuaScripts } from './keyspace'
import type { WorldRedis } from './kit'

/** Where the scripts that let keys expire take how long they live. By Redis' own clock that is never within a world. */
const TTL_AT: Partial<Record<ScriptName, number>> = { begin: 2, stage: 2, absent: 0 }
const FAR_MS = 3_600_000

/** What Redis holds, to go back to later: the moment of a snapshot, or what a lagging replica has. */
export interface RedisBackup {
  keys: Dump
  expiries: Map<string, number>
}

/**
 * A part of a real Redis for one world, where what expires does so by the world's clock.
 */
export class SimulatedRedis implements RedisPort, WorldRedis {
  readonly keys = createKeys()
  readonly #space: Keyspace
  /** When a token to hydrate runs out, by its key; milliseconds. */
  #expiries = new Map<string, number>()
  /** Until when a post is remembered as absent, milliseconds. */
  #absent = new Map<string, number>()

  constructor(
    client: Redis,
    scripts: LuaScripts,
    prefix: string,
    private readonly clock: () => number,
    private readonly hydrateMs: number,
    skewMs = 0,
  ) {
    this.#space = new Keyspace(client, scripts, prefix, clock, skewMs)
  }

  get queues(): string[] {
    return [this.keys.q]
  }

  numbersOf = (post: string): string => this.keys.meta(post)

  losable(post: string, session: string): string[] {
    const { keys } = this
    return [
      keys.likes(post),
      keys.liked(post),
      keys.meta(post),
      keys.hydrating(post),
      keys.staged(post),
      keys.stagedOps(post),
      keys.sessions(session),
      keys.rank,
      keys.recent,
      keys.late,
    ]
  }

  async run(script: ScriptName, keys: string[], args: (string | number)[]): Promise<Reply> {
    await this.#expire()
    const values = args.map((value, i) => (i === TTL_AT[script] ? FAR_MS : value))
    const reply = await this.#space.run(script, keys, values)
    this.#noteExpiry(script, keys, reply)
    return reply
  }

  /** begin and stage give time to who hydrates; the rest of what expires goes with it. */
  #noteExpiry(script: ScriptName, keys: string[], reply: Reply): void {
    const until = this.clock() + this.hydrateMs
    if (script === 'stage' && reply === 'OK') this.#expiries.set(keys[0]!, until)
    if (script === 'absent')
      for (const post of reply as string[]) this.#absent.set(post, this.clock() + ABSENT_MS)
    if (script !== 'begin') return
    const verdicts = reply as Reply[][]
    verdicts.forEach((verdict, i) => {
      if (verdict[0] === 'MINE') this.#expiries.set(keys[5 + 4 * i]!, until)
    })
  }

  async #expire(): Promise<void> {
    for (const [key, until] of this.#expiries) {
      if (until > this.clock()) continue
      this.#expiries.delete(key)
      const post = key.slice(this.keys.hydrating('').length)
      await this.lose(key, this.keys.staged(post), this.keys.stagedOps(post))
    }
    for (const [post, until] of this.#absent) {
      if (until > this.clock()) continue
      this.#absent.delete(post)
      await this.#space.client.zrem(this.#space.name(this.keys.absent), post)
    }
  }

  /** Deletes keys, as an eviction or an operator does. */
  lose = (...keys: string[]): Promise<void> => this.#space.lose(...keys)

  async flush(): Promise<void> {
    await this.#space.flush()
    this.#expiries.clear()
    this.#absent.clear()
  }

  async backup(): Promise<RedisBackup> {
    return { keys: await this.#space.backup(), expiries: new Map(this.#expiries) }
  }

  async restore({ keys, expiries }: RedisBackup): Promise<void> {
    await this.flush()
    await this.#space.restore(keys)
    this.#expiries = new Map(expiries)
    const absent = await this.#space.zset(this.keys.absent)
    this.#absent = new Map(absent.map(([post]) => [post, this.clock() + ABSENT_MS]))
  }

  /** The op of every pair that is pending or recent: what Redis can still give to Postgres, and will if it `isKept`. */
  async ops(
    isKept: (pair: string, op: number) => boolean = () => true,
    { withRefused = true } = {},
  ): Promise<Map<string, number>> {
    const [queue, recent] = await Promise.all([
      this.#space.zset(this.keys.q),
      this.#space.zset(this.keys.recent),
    ])
    const ops = new Map<string, number>()
    for (const [member] of queue) {
      const [, pair, op] = /^([^!|][^|]*\|[^|]+)\|(\d+)\|\d+$/.exec(member) ?? []
      if (pair) ops.set(pair, Number(op))
    }
    for (const [name, op] of recent) {
      // What was refused is remembered apart.
      if (!withRefused && name.endsWith('|refused')) continue
      const pair = name.replace(/\|refused$/, '')
      if (isKept(pair, op)) ops.set(pair, Math.max(ops.get(pair) ?? 0, op))
    }
    return ops
  }

  /** The nonce that is confirmed, and those that were handed out since. */
  async nonces(): Promise<{ confirmed: string; outstanding: string[] }> {
    const marks = (await this.#space.zset(this.keys.q)).map(([member]) => member)
    const of = (mark: RegExp) => marks.flatMap(member => mark.exec(member)?.[1] ?? [])
    return { confirmed: of(/^!nonce\|(.*)$/)[0] ?? '', outstanding: of(/^!out\|\d+\|(.*)$/) }
  }

  async count(post: string): Promise<string | null> {
    return this.#space.client.get(this.#space.name(this.keys.likes(post)))
  }

  async members(post: string): Promise<string[]> {
    return (await this.#space.client.smembers(this.#space.name(this.keys.liked(post)))).sort()
  }

  async ranked(post: string): Promise<string | null> {
    return this.#space.client.zscore(this.#space.name(this.keys.rank), post)
  }
}
