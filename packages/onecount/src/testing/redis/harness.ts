import type { RedisPort } from '../../core/ports'
import { POST, T } from './constants'
import { type Answer, type Batch, receiptOf, type SettleOf, scriptsOf, slicesOf } from './scripts'

export * from './constants'
export * from './scripts'

/** A Redis with the driver that is tested. */
export interface RedisUnderTest {
  /** The driver. */
  port: RedisPort
  /** Hash tag of every key, as `{0}`; left out: none. */
  tag?: string
  /** Any command of Redis, to look at keys and to damage them. The suite empties the database: give it its own. */
  command(...args: (string | number)[]): Promise<unknown>
  /**
   * Every command that the server executes while the work goes on, also those of scripts, as MONITOR shows them. Needed
   * where `capabilities.monitor` says that the server can.
   */
  monitor?(work: () => Promise<unknown>): Promise<string[][]>
  /** Closes the connections. */
  close(): Promise<void>
}

/** What the server behind the driver can do; a suite about something it cannot do is not registered. */
export interface RedisCapabilities {
  /** `CONFIG SET maxmemory` makes writes fail with an OOM error. */
  maxmemory: boolean
  /** `REPLICAOF` makes it a replica, which takes no writes. A node of a cluster cannot be told so. */
  replicaof: boolean
  /** `MONITOR` shows what scripts do. */
  monitor: boolean
  /** What the ids of posts end with, as those of a kind with variants do; left out: nothing. The same in a whole file. */
  idSuffix?: string
}

/** A post that is warm, as Redis shows it. */
export interface Shown {
  count: number
  rev: number
  /** How many of its pending ops are guesses; its count is exact where there is none. */
  guesses: number
  /** What Redis holds of the session's op, '' for nothing, with `p` behind it while it is pending. */
  op: string
}

/** The scripts, what several of them do together, and looks at the keys they leave. */
export function harnessOf({ port, command, tag }: RedisUnderTest) {
  const scripts = scriptsOf(port, tag)
  const { keys } = scripts
  const cut = async () => (await scripts.status()).cut
  const sorted = async (reply: Promise<unknown>) => ((await reply) as string[]).sort()

  /** Settles a batch, in slices of so many pairs; answers what the last slice answered. */
  async function settle(
    batch: Batch,
    answer: Answer = {},
    { size, ...options }: SettleOf & { size?: number } = {},
  ): Promise<string[]> {
    let reply: string[] = []
    for (const slice of slicesOf(batch, answer, size))
      reply = await scripts.settleSlice(batch, receiptOf(batch), slice, options)
    return reply
  }

  async function hydrate(post: string, likes = 0, { rev = 0, now = T } = {}): Promise<void> {
    await scripts.installPosts(await cut(), [[post, likes, rev]], { now })
  }

  async function know(session: string, ops: [post: string, op: number][] = []): Promise<void> {
    await scripts.installSession(session, await cut(), ops)
  }

  return {
    ...scripts,
    settle,

    /** The first cut of a Redis, or another one after Postgres has lost something. Answers the epoch that it begins. */
    async begin(receipt = 'first'): Promise<string> {
      const { nonce } = (await scripts.collect('begin'))!
      await scripts.resolve(receipt, nonce)
      while ((await scripts.feed(1000)) === '1');
      return (await scripts.status()).epoch
    },

    /** Makes a post warm. */
    hydrate,
    /** Makes all ops of a session known. */
    know,

    /** A cut, posts with their likes, and sessions with all their ops. Answers the epoch. */
    async warm(
      posts: Record<string, number>,
      sessions: Record<string, [post: string, op: number][]> = {},
    ): Promise<string> {
      if ((await cut()) === '') await this.begin()
      for (const [post, likes] of Object.entries(posts)) await hydrate(post, likes)
      for (const [session, ops] of Object.entries(sessions)) await know(session, ops)
      return (await scripts.status()).epoch
    },

    /** Everything that is pending in one batch, collected and settled. */
    async drain(answer: Answer = {}, options: SettleOf = {}): Promise<Batch> {
      const batch = (await scripts.collect())!
      await settle(batch, answer, options)
      // The batch that settle handed out would be collected in place of one with later presses.
      await scripts.abandon((await scripts.collect())!.nonce)
      return batch
    },

    /** `null`: it is cold. */
    async shown(post: string, session: string | null = null): Promise<Shown | null> {
      const [epoch, numbers, , op = ''] = (await scripts.read([post], session)).split(';')
      const [count, rev, , guesses, of] = numbers!.split('|')
      if (epoch === '' || of !== epoch) return null
      return { count: Number(count), rev: Number(rev), guesses: Number(guesses), op }
    },

    isWarm: async (post: string) => {
      const [epoch, numbers] = (await scripts.read([post])).split(';')
      return epoch !== '' && numbers!.endsWith(`|${epoch}`)
    },

    /** How much Redis knows of a session; '': nothing. */
    async known(session: string): Promise<string> {
      const [epoch, , mark] = (await scripts.read([POST], session)).split(';')
      return epoch !== '' && mark!.startsWith(`${epoch}|`) ? mark!.slice(epoch!.length + 1) : ''
    },

    /** Pending ops, `post|session|op`. */
    async pending(): Promise<string[]> {
      return (await this.queue()).map(member => member.split('|').slice(0, 3).join('|'))
    },

    /** Pending ops as they stand in the queue: `post|session|op|rev|d|epoch`. */
    async queue(): Promise<string[]> {
      const members = (await command('ZRANGE', keys.q, 0, -1)) as string[]
      return members.filter(member => !member.startsWith('!'))
    },

    /** Marks of the queue, without the value of each. */
    async marks(): Promise<string[]> {
      const members = (await command('ZRANGE', keys.q, 0, -1)) as string[]
      return members.filter(member => member.startsWith('!')).map(member => member.split('|')[0]!)
    },

    /** The mirrors: who likes the post, what the session likes, how many the post has. */
    likers: (post: string) => sorted(command('SMEMBERS', keys.liked(post))),
    likesOf: (session: string) => sorted(command('SMEMBERS', keys.sessions(session))),
    likes: (post: string) => command('GET', keys.likes(post)) as Promise<string | null>,

    /** Ops that were drained and are remembered, by pair. */
    async recent(): Promise<Record<string, number>> {
      const flat = ((await command('ZRANGE', keys.recent, 0, -1, 'WITHSCORES')) as unknown[])
        .flat()
        .map(String)
      return Object.fromEntries(
        flat.flatMap((pair, i) => (i % 2 === 0 ? [[pair, Number(flat[i + 1])] as const] : [])),
      )
    },

    /** Builds the ranking of these posts. */
    async rankAll(posts: [post: string, likes: number][]): Promise<void> {
      const [, epoch] = await scripts.prepare('filler')
      await scripts.fill(epoch, 'filler', 0, posts, { last: true })
    },

    /** The ranking without the epoch; null: it is not complete. */
    async ranked(limit = 10): Promise<string[] | null> {
      const [epoch, ...flat] = await scripts.rank(limit)
      return epoch === '' ? null : flat
    },

    /** Every key with all it holds, to show that nothing has changed. */
    async everything(): Promise<Record<string, unknown>> {
      const names = await sorted(command('KEYS', '*'))
      const flat = async (reply: Promise<unknown>) => ((await reply) as unknown[]).flat().map(String)
      const values = names.map(async name => {
        const type = await command('TYPE', name)
        if (type === 'string') return command('GET', name)
        if (type === 'set') return sorted(command('SMEMBERS', name))
        if (type === 'zset') return flat(command('ZRANGE', name, 0, -1, 'WITHSCORES'))
        const fields = await flat(command('HGETALL', name))
        return fields.flatMap((field, i) => (i % 2 === 0 ? [`${field}: ${fields[i + 1]}`] : [])).sort()
      })
      const resolved = await Promise.all(values)
      return Object.fromEntries(names.map((name, i) => [name, resolved[i]]))
    },
  }
}

export type Harness = ReturnType<typeof harnessOf>
/** A suite of the contract, over whatever the current test has. */
export type Suite = (redis: () => RedisUnderTest, harness: () => Harness) => void
