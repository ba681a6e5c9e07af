import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { ABSENT_MS } from '../src/core/hydrate'
import { createKeys } from '../src/core/keys'
import type { RedisPort, Reply, ScriptName } from '../src/core/ports'

/** Lua by script name: what production runs, or that with a rule taken out. */
export type LuaScripts = Record<ScriptName, { sha1: string; source: string }>

/** Where the scripts that let keys expire take how long they live. By Redis' own clock that is never within a world. */
const TTL_AT: Partial<Record<ScriptName, number>> = { begin: 2, stage: 2, absent: 0 }
const FAR_MS = 3_600_000

interface TimedScript {
  sha1: string
  source: string
  asksTime: boolean
}

const timed = new WeakMap<object, TimedScript>()

/** The script with the world's time in place of the server's: its last key says it. */
function withTimeOf(script: { sha1: string; source: string }): TimedScript {
  const known = timed.get(script)
  if (known) return known
  const source = script.source.replaceAll(
    "redis.call('TIME')",
    "({ string.match(KEYS[#KEYS], '(%d+)%.(%d+)') })",
  )
  const asksTime = source !== script.source
  const sha1 = asksTime ? createHash('sha1').update(source).digest('hex') : script.sha1
  timed.set(script, { sha1, source, asksTime })
  return { sha1, source, asksTime }
}

/** What Redis holds, to go back to later: the moment of a snapshot, or what a lagging replica has. */
export interface RedisBackup {
  keys: [name: string, dump: Buffer][]
  expiries: Map<string, number>
}

/**
 * A part of a real Redis for one world: keys get a prefix, and what expires does so by the world's clock. The scripts
 * declare every key they use, so nothing escapes the prefix.
 */
export class SimulatedRedis implements RedisPort {
  readonly keys = createKeys()
  readonly #used = new Set<string>()
  #asked = 0
  /** When a token to hydrate runs out, by its key; milliseconds. */
  #expiries = new Map<string, number>()
  /** Until when a post is remembered as absent, milliseconds. */
  #absent = new Map<string, number>()

  constructor(
    private readonly client: Redis,
    private readonly scripts: LuaScripts,
    private readonly prefix: string,
    private readonly clock: () => number,
    private readonly hydrateMs: number,
    /** How far its own clock is from the world's, milliseconds. */
    private readonly skewMs = 0,
  ) {}

  async run(script: ScriptName, keys: string[], args: (string | number)[]): Promise<Reply> {
    await this.#expire()
    const { sha1, source, asksTime } = withTimeOf(this.scripts[script])
    const names = keys.map(key => this.#name(key))
    if (asksTime) names.push(this.#time())
    const values = args.map((value, i) => String(i === TTL_AT[script] ? FAR_MS : value))
    const reply = (await this.client.evalsha(sha1, names.length, ...names, ...values).catch(error => {
      if (!String(error.message).startsWith('NOSCRIPT')) throw error
      return this.client.eval(source, names.length, ...names, ...values)
    })) as Reply
    this.#noteExpiry(script, keys, reply)
    return reply
  }

  /** Never the same twice. */
  #time(): string {
    const micros = (this.clock() + this.skewMs) * 1000 + (++this.#asked % 1000)
    return `${Math.floor(micros / 1_000_000)}.${micros % 1_000_000}`
  }

  #name(key: string): string {
    const name = `${this.prefix}${key}`
    this.#used.add(name)
    return name
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
      await this.client.zrem(this.#name(this.keys.absent), post)
    }
  }

  /** Deletes keys, as an eviction or an operator does. */
  async lose(...keys: string[]): Promise<void> {
    await this.client.del(...keys.map(key => this.#name(key)))
  }

  async flush(): Promise<void> {
    if (this.#used.size > 0) await this.client.del(...this.#used)
    this.#expiries.clear()
    this.#absent.clear()
  }

  async backup(): Promise<RedisBackup> {
    const names = [...this.#used]
    const dumps = await Promise.all(names.map(name => this.client.dumpBuffer(name)))
    return {
      keys: names.flatMap((name, i) => (dumps[i] ? [[name, dumps[i]]] : [])),
      expiries: new Map(this.#expiries),
    }
  }

  async restore({ keys, expiries }: RedisBackup): Promise<void> {
    await this.flush()
    await Promise.all(keys.map(([name, dump]) => this.client.restore(name, 0, dump)))
    this.#expiries = new Map(expiries)
    const absent = await this.client.zrange(this.#name(this.keys.absent), '0', '-1')
    this.#absent = new Map(absent.map(post => [post, this.clock() + ABSENT_MS]))
  }

  /** The op of every pair that is pending or recent: what Redis can still give to Postgres, and will if it `isKept`. */
  async ops(
    isKept: (pair: string, op: number) => boolean = () => true,
    { withRefused = true } = {},
  ): Promise<Map<string, number>> {
    const [queue, recent] = await Promise.all([
      this.client.zrange(this.#name(this.keys.q), '0', '-1'),
      this.client.zrange(this.#name(this.keys.recent), '0', '-1', 'WITHSCORES'),
    ])
    const ops = new Map<string, number>()
    for (const member of queue) {
      const [, pair, op] = /^([^!|][^|]*\|[^|]+)\|(\d+)\|\d+$/.exec(member) ?? []
      if (pair) ops.set(pair, Number(op))
    }
    for (let i = 0; i < recent.length; i += 2) {
      // What was refused is remembered apart.
      if (!withRefused && recent[i]!.endsWith('|refused')) continue
      const [pair, op] = [recent[i]!.replace(/\|refused$/, ''), Number(recent[i + 1])]
      if (isKept(pair, op)) ops.set(pair, Math.max(ops.get(pair) ?? 0, op))
    }
    return ops
  }

  async count(post: string): Promise<string | null> {
    return this.client.get(this.#name(this.keys.likes(post)))
  }

  async members(post: string): Promise<string[]> {
    return (await this.client.smembers(this.#name(this.keys.liked(post)))).sort()
  }

  async ranked(post: string): Promise<string | null> {
    return this.client.zscore(this.#name(this.keys.rank), post)
  }
}
