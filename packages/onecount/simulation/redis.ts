import type { Redis } from 'ioredis'
import { createKeys, type Keys, tagOf } from '../src/core/keys'
import type { Kind } from '../src/core/kind'
import { idsOf } from '../src/core/kind-ids'
import type { Reply } from '../src/core/ports'
import { type Dump, Keyspace, type LuaScripts } from './keyspace'

/** The pending op of a pair. */
export interface Pending {
  op: number
  d: number
  /** The epoch in which d was known. */
  epoch: string
}

/** Everything that one partition says, as numbers. */
export interface Held {
  epoch: string
  /** The receipt of the cut. */
  cut: string
  /** Some of the batch in flight is settled. */
  isHalf: boolean
  /** By `post|session`. */
  pending: Map<string, Pending>
}

export interface Numbers {
  count: number
  rev: number
  D: number
  G: number
  epoch: string
}

/** A part of a real Redis for one world. */
export class SimulatedRedis {
  readonly #space: Keyspace
  readonly #keys: Keys[]
  readonly #partitionOf: (post: string, partitions: number) => number

  constructor(
    options: {
      client: Redis
      scripts: LuaScripts
      prefix: string
      clock: () => number
      skewMs: number
      kind: Kind
    },
    readonly partitions: number,
  ) {
    const { client, scripts, prefix, clock, skewMs, kind } = options
    this.#space = new Keyspace(client, scripts, prefix, clock, skewMs)
    this.#keys = Array.from({ length: partitions }, (_, i) =>
      createKeys(tagOf(i, partitions), kind.keyPrefix),
    )
    this.#partitionOf = idsOf(kind).partitionOf
  }

  run = (script: string, keys: string[], args: (string | number)[]): Promise<Reply> =>
    this.#space.run(script, keys, args)
  /** Deletes keys, as an eviction or an operator does. */
  lose = (...keys: string[]): Promise<void> => this.#space.lose(...keys)
  flush = (): Promise<void> => this.#space.flush()
  backup = (): Promise<Dump> => this.#space.backup()
  restore = (dump: Dump): Promise<void> => this.#space.restore(dump)

  partitionOf = (post: string): number => this.#partitionOf(post, this.partitions)
  keysOf = (post: string): Keys => this.#keys[this.partitionOf(post)]!
  /** Whether a key expires unless a call renews it. */
  expires = async (key: string): Promise<boolean> =>
    (await this.#space.client.pttl(this.#space.name(key))) > 0
  numbersOf = (post: string): string => this.keysOf(post).meta(post)

  /** Keys of what has to be drained. */
  get queues(): string[] {
    return this.#keys.map(({ q }) => q)
  }

  /** Keys that leave Redis by themselves, and mirrors. */
  expiring(post: string, session: string): string[] {
    const keys = this.keysOf(post)
    return [keys.meta(post), keys.ops(session), keys.likes(post), keys.liked(post), keys.sessions(session)]
  }

  /** Keys that may be lost without the queue. */
  losable(post: string, session: string): string[] {
    const { recent, late, rank, lease } = this.keysOf(post)
    return [...this.expiring(post, session), recent, late, rank, lease]
  }

  /** The op of every pair that is pending or recent: what Redis can give to Postgres, and will if it `isKept`. */
  async ops(isKept: (pair: string, op: number) => boolean = () => true): Promise<Map<string, number>> {
    const ops = new Map<string, number>()
    const raise = (pair: string, op: number) => ops.set(pair, Math.max(ops.get(pair) ?? 0, op))
    for (const { q, recent } of this.#keys) {
      for (const [pair, { op }] of (await this.#read(q)).pending) raise(pair, op)
      for (const [name, op] of await this.#space.zset(recent)) {
        const pair = name.replace(/\|refused$/, '')
        if (isKept(pair, op)) raise(pair, op)
      }
    }
    return ops
  }

  held = (partition: number): Promise<Held> => this.#read(this.#keys[partition]!.q)

  async #read(q: string): Promise<Held> {
    const held: Held = { epoch: '', cut: '', isHalf: false, pending: new Map() }
    for (const [member] of await this.#space.zset(q)) {
      const [, mark, value] = /^!(epoch|half|nonce)\|(.*)$/.exec(member) ?? []
      if (mark === 'epoch') held.epoch = value!
      if (mark === 'nonce') held.cut = value!
      if (mark === 'half') held.isHalf = true
      const [, pair, op, d, epoch] = /^([^!|][^|]*\|[^|]+)\|(\d+)\|\d+\|(-?\d)\|([^|]*)$/.exec(member) ?? []
      if (pair) held.pending.set(pair, { op: Number(op), d: Number(d), epoch: epoch! })
    }
    return held
  }

  async numbers(post: string): Promise<Numbers | null> {
    const text = await this.#space.client.get(this.#space.name(this.numbersOf(post)))
    const [, count, rev, D, G, epoch] = /^(-?\d+)\|(\d+)\|(-?\d+)\|(\d+)\|(.*)$/.exec(text ?? '') ?? []
    if (count === undefined) return null
    return { count: Number(count), rev: Number(rev), D: Number(D), G: Number(G), epoch: epoch! }
  }

  /** What Redis knows of a session: its mark and its ops. */
  async session(partition: number, session: string): Promise<{ mark: string; ops: Map<string, string> }> {
    const key = this.#space.name(this.#keys[partition]!.ops(session))
    const { '!': mark, ...ops } = await this.#space.client.hgetall(key)
    return { mark: mark ?? '', ops: new Map(Object.entries(ops)) }
  }

  /** `post:likes:<post>`, which other programs read. */
  count = (post: string): Promise<string | null> =>
    this.#space.client.get(this.#space.name(this.keysOf(post).likes(post)))
}
