import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Reply } from '../src/core/ports'

/** Lua by script name: what production runs, or that with one rule removed. */
export type LuaScripts<Name extends string = string> = Record<Name, { sha1: string; source: string }>

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

/** Keys with what they held. */
export type Dump = [name: string, dump: Buffer][]

/**
 * A part of a real Redis for one world: keys get a prefix. The scripts declare every key they use, so nothing escapes
 * the prefix.
 */
export class Keyspace {
  readonly #used = new Set<string>()
  #asked = 0

  constructor(
    readonly client: Redis,
    private readonly scripts: LuaScripts,
    private readonly prefix: string,
    /** The world's, milliseconds. */
    readonly clock: () => number,
    /** How far its own clock is from the world's, milliseconds. */
    private readonly skewMs = 0,
  ) {}

  async run(script: string, keys: string[], args: (string | number)[]): Promise<Reply> {
    const { sha1, source, asksTime } = withTimeOf(this.scripts[script]!)
    const names = keys.map(key => this.name(key))
    if (asksTime) names.push(this.#time())
    const values = args.map(String)
    return (await this.client.evalsha(sha1, names.length, ...names, ...values).catch(error => {
      if (!String(error.message).startsWith('NOSCRIPT')) throw error
      return this.client.eval(source, names.length, ...names, ...values)
    })) as Reply
  }

  /** Never the same twice. */
  #time(): string {
    const micros = (this.clock() + this.skewMs) * 1000 + (++this.#asked % 1000)
    return `${Math.floor(micros / 1_000_000)}.${micros % 1_000_000}`
  }

  name(key: string): string {
    const name = `${this.prefix}${key}`
    this.#used.add(name)
    return name
  }

  /** Deletes keys, as an eviction or an operator does. */
  async lose(...keys: string[]): Promise<void> {
    await this.client.del(...keys.map(key => this.name(key)))
  }

  async flush(): Promise<void> {
    if (this.#used.size > 0) await this.client.del(...this.#used)
  }

  async backup(): Promise<Dump> {
    const names = [...this.#used]
    const dumps = await Promise.all(names.map(name => this.client.dumpBuffer(name)))
    return names.flatMap((name, i): Dump => (dumps[i] ? [[name, dumps[i]]] : []))
  }

  async restore(dump: Dump): Promise<void> {
    await this.flush()
    await Promise.all(dump.map(([name, value]) => this.client.restore(name, 0, value)))
  }

  /** Members of a zset with their scores. */
  async zset(key: string): Promise<[member: string, score: number][]> {
    const all = await this.client.zrange(this.name(key), '0', '-1', 'WITHSCORES')
    return all.flatMap((member, i): [string, number][] => (i % 2 ? [] : [[member, Number(all[i + 1])]]))
  }
}
