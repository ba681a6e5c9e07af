import { createKeys } from '../../core/keys'
import type { RedisPort, Reply, ScriptName } from '../../core/ports'

/** A Redis with the driver that is tested. */
export interface RedisUnderTest {
  port: RedisPort
  /** Any command of Redis, to look at keys and to damage them. The suite empties the database: give it its own. */
  command(...args: (string | number)[]): Promise<unknown>
  close(): Promise<void>
}

/** What the server behind the driver can do; a suite about something it cannot do is not registered. */
export interface RedisCapabilities {
  /** `CONFIG SET maxmemory` makes writes fail with an OOM error. */
  maxmemory: boolean
}

/**
 * Microseconds. Ops of it need all the digits that real ones need, and are later than any epoch that Redis begins by its
 * own clock: Postgres is asked of those from before.
 */
export const T = 1_995_000_000_000_000
export const likeAt = (t: number): number => 2 * (T + t) + 1
export const unlikeAt = (t: number): number => 2 * (T + t)

/** How far ahead of every known moment an op may lie, microseconds. */
export const AHEAD = 5_000_000

export const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
export const OTHER_POST = '50050001-aaaa-bbbb-cccc-ddddeeee0002'
/** `count` ids of posts that differ from {@link POST}. */
export const postIds = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `60060000-0000-4000-8000-${String(i).padStart(12, '0')}`)

export type Rating = [sessionId: string, op: number]

/** The scripts with named arguments, and looks at the keys they leave. */
export function scriptsOf({ port, command }: RedisUnderTest) {
  const keys = createKeys()
  const run = (script: ScriptName, scriptKeys: string[], args: (string | number)[]) =>
    port.run(script, scriptKeys, args)
  const postKeys = (post: string) => [keys.likes(post), keys.liked(post), keys.meta(post)]
  const pairKeys = (post: string, session: string) => [
    ...postKeys(post),
    keys.sessions(session),
    ...[keys.q, keys.recent, keys.rank],
  ]

  /** The token that begin returned, by the one it was called with. */
  const granted = new Map<string, string>()
  const tokenOf = (token: string) => granted.get(token) ?? token

  /** The nonce that collect made, by the one it was called with. */
  const handedOut = new Map<string, string>()
  const nonceOf = (nonce: string) => handedOut.get(nonce) ?? nonce
  const nameOf = (nonce: string) => [...handedOut].find(([, made]) => made === nonce)?.[0] ?? nonce

  /** The epoch that a script made, by the one it was called with. */
  const epochs = new Map<string, string>()
  const withoutTime = (made: string) => made.replace(/\.\d+\.\d+$/, '')

  let calls = 0

  const scripts = {
    keys,

    /** Not judged when `ahead` is left out: an op that was accepted before. */
    write: (
      post: string,
      session: string,
      op: number,
      { now = T, accept = 'any', known = '', ahead = '' }: WriteOf = {},
    ) => run('write', pairKeys(post, session), [post, session, op, now, accept, known, ahead]),

    /** Each a call of its own, but where one is named. */
    press: (
      post: string,
      session: string,
      now: number,
      { wanted = 'flip', known = '', call = `call-${++calls}` }: PressOf = {},
    ) =>
      run(
        'press',
        [...pairKeys(post, session), keys.call(call)],
        [post, session, now, wanted, known, AHEAD, 30_000],
      ),

    read: (posts: string[], session: string) =>
      run(
        'read',
        [keys.q, keys.recent, ...posts.map(keys.likes), ...posts.map(keys.meta), ...posts.map(keys.liked)],
        [session, ...posts],
      ) as Promise<string[]>,

    /**
     * As the script answers, without the token: the other scripts find it by the one given, if it was `heard`. Epochs
     * are as they were given, too.
     */
    async begin(
      posts: string[],
      token: string,
      { epoch = 'epoch-1', ttl = 10_000, heard = true } = {},
    ): Promise<Reply[]> {
      const begun = await run(
        'begin',
        [keys.q, keys.absent, ...posts.flatMap(post => [...postKeys(post), keys.hydrating(post)])],
        [token, epoch, ttl, ...posts],
      )
      return (begun as Reply[][]).map(([verdict, ...details]) => {
        const given = verdict === 'MINE' ? (details.pop() as string) : undefined
        if (given && heard) granted.set(token, given)
        if (verdict !== 'MINE') return [verdict!, ...details]
        const made = details[0] as string
        epochs.set(withoutTime(made), made)
        return [verdict, withoutTime(made)]
      })
    },

    install(post: string, token: string, snapshot: SnapshotOf = {}) {
      const { epoch = 'epoch-1', now = T, base = 0, rev = 0, staged = 0 } = snapshot
      const { ratings = [], unseen = [], receipt = '' } = snapshot
      return run(
        'install',
        [
          ...[keys.q, keys.recent, keys.rank, ...postKeys(post), keys.hydrating(post)],
          ...[keys.staged(post), keys.stagedOps(post)],
          ...[...ratings, ...unseen].map(([session]) => keys.sessions(session)),
        ],
        [
          ...[post, tokenOf(token), epochs.get(epoch) ?? epoch, now, base, rev, staged, ratings.length],
          nonceOf(receipt),
          ...ratings.flat(),
          ...unseen.flat(),
        ],
      )
    },

    stage: (post: string, token: string, ratings: Rating[], first: boolean, ttl = 10_000) =>
      run(
        'stage',
        [
          ...[keys.hydrating(post), keys.staged(post), keys.stagedOps(post)],
          ...ratings.map(([session]) => keys.sessions(session)),
        ],
        [post, tokenOf(token), ttl, first ? '1' : '0', ...ratings.flat()],
      ),

    release: (post: string, token: string) => run('release', [keys.hydrating(post)], [tokenOf(token)]),
    cool: (post: string) => run('cool', [keys.meta(post)], []),

    /** As the script answers, with nonces as they were given: the other scripts find the one that was made by it. */
    async collect(nonce: string, options: CollectOf = {}): Promise<[parent: string, ...members: string[]]> {
      const { limit = 1000, after = '', now = T, home = '', isSure = false, rows = [] } = options
      const reply = await run(
        'collect',
        [
          ...[keys.q, keys.recent, keys.rank],
          ...rows.flatMap(([post, session]) => [
            ...postKeys(post),
            keys.sessions(session),
            keys.hydrating(post),
          ]),
        ],
        [nonce, limit, after, now, home, isSure ? '1' : '0', ...rows.flat()],
      )
      const [made, parent, , ...members] = reply as string[]
      if (made === '') return ['']
      handedOut.set(nonce, made!)
      return [nameOf(parent!), ...members]
    },

    forget: (posts: string[]) =>
      run('forget', [keys.rank, ...posts.flatMap(post => [...postKeys(post), keys.hydrating(post)])], posts),

    absent: (token: string, posts: string[], ttl = 10_000) =>
      run(
        'absent',
        [keys.absent, keys.rank, ...posts.flatMap(post => [...postKeys(post), keys.hydrating(post)])],
        [ttl, ...posts.flatMap(post => [post, tokenOf(token)])],
      ),

    /** Buckets as name, size and time to fill. */
    limit: (...buckets: [name: string, tokens: number, windowMs: number][]) =>
      run(
        'limit',
        buckets.map(([name]) => keys.limit('new', name)),
        buckets.flatMap(([, ...rate]) => rate),
      ) as Promise<string[]>,

    settle: (
      nonce: string,
      posts: { post: string; gone?: boolean; members: string[]; refused?: string[] }[],
      { now = 2 * T, began = now, lasts = 4 * T }: SettleOf = {},
    ) =>
      run(
        'settle',
        [
          ...[keys.q, keys.recent, keys.rank, keys.late],
          ...posts.flatMap(({ post, refused = [] }) => [
            ...postKeys(post),
            keys.hydrating(post),
            ...refused.map(member => keys.sessions(member.split('|')[1]!)),
          ]),
        ],
        [
          nonceOf(nonce),
          now,
          began,
          lasts,
          ...posts.flatMap(({ post, gone, members, refused = [] }) => [
            post,
            gone ? '1' : '0',
            members.length + refused.length,
            refused.length,
            ...members,
            ...refused,
          ]),
        ],
      ),

    resolve: (receipt: string, nonce: string, limit = 1000) =>
      run('resolve', [keys.q, keys.recent], [nonceOf(receipt), nonceOf(nonce), limit]),
    refeed: (limit: number) => run('refeed', [keys.q, keys.recent], [limit]),
    async status(): Promise<string[]> {
      const reply = (await run('status', [keys.q, keys.recent], [1000])) as string[]
      const [confirmed, epoch, pending, oldest] = reply
      return [nameOf(confirmed!), withoutTime(epoch!), pending!, oldest!]
    },
    /** The id of this Redis, '' for none. */
    home: async () => ((await run('status', [keys.q, keys.recent], [1000])) as string[])[4],
    rank: (limit = 10) => run('rank', [keys.q, keys.rank], [limit]) as Promise<string[]>,
    /** Epochs as they are: fill takes the one that prepare answers. */
    prepare: (token: string, { fresh = 'epoch-1', ttl = 10_000 } = {}) =>
      run('prepare', [keys.q, keys.rank, keys.filling], [token, fresh, ttl]) as Promise<
        [verdict: string, epoch: string]
      >,
    fill: (
      epoch: string,
      token: string,
      page: number,
      posts: [post: string, likes: number][],
      { last = false, ttl = 10_000 } = {},
    ) =>
      run(
        'fill',
        [keys.q, keys.rank, keys.filling, ...posts.flatMap(([post]) => postKeys(post))],
        [epoch, token, page, last ? '1' : '0', ttl, ...posts.flat()],
      ),
  }

  return {
    ...scripts,

    /** Makes a cold post warm. */
    async hydrate(post: string, snapshot: SnapshotOf = {}): Promise<void> {
      const [verdict] = await scripts.begin([post], 'hydrator', { epoch: snapshot.epoch })
      const epoch = (verdict as [string, string])[1]
      await scripts.install(post, 'hydrator', { ...snapshot, epoch })
    },

    /** Everything in one batch: collected and settled, as after a sync that Postgres applied. */
    async drain(nonce: string, options: CollectOf & { settled?: SettleOf } = {}): Promise<string[]> {
      const [, ...members] = await scripts.collect(nonce, options)
      const posts = [...new Set(members.map(member => member.split('|')[0]!))]
      const of = (post: string) => members.filter(member => member.startsWith(`${post}|`))
      await scripts.settle(
        nonce,
        posts.map(post => ({ post, members: of(post) })),
        options.settled,
      )
      return members
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

    async isWarm(post: string): Promise<boolean> {
      return (await scripts.read([post], ''))[0] !== ''
    },

    /** Pending ops as `post|session|op`. */
    async pending(): Promise<string[]> {
      const members = (await command('ZRANGE', keys.q, 0, -1)) as string[]
      return members.filter(m => !m.startsWith('!')).map(m => m.slice(0, m.lastIndexOf('|')))
    },

    async members(post: string): Promise<string[]> {
      return ((await command('SMEMBERS', keys.liked(post))) as string[]).sort()
    },

    /** Every key with all it holds, to show that nothing has changed. */
    async everything(): Promise<Record<string, unknown>> {
      const names = ((await command('KEYS', '*')) as string[]).sort()
      const values = names.map(async name => {
        const type = await command('TYPE', name)
        if (type === 'string') return command('GET', name)
        if (type === 'set') return ((await command('SMEMBERS', name)) as string[]).sort()
        return ((await command('ZRANGE', name, 0, -1, 'WITHSCORES')) as unknown[]).flat().map(String)
      })
      const resolved = await Promise.all(values)
      return Object.fromEntries(names.map((name, i) => [name, resolved[i]]))
    },
  }
}

export interface WriteOf {
  now?: number
  accept?: 'any' | 'warm'
  /** The pair's op in Postgres. */
  known?: number | ''
  /** How far ahead an op may lie, microseconds. */
  ahead?: number | ''
}

export interface PressOf {
  wanted?: '1' | '0' | 'flip'
  /** The pair's op in Postgres; `?`: it does not answer. */
  known?: number | '' | '?'
  /** The id of the call. */
  call?: string
}

export interface SnapshotOf {
  epoch?: string
  now?: number
  base?: number
  rev?: number
  ratings?: Rating[]
  unseen?: Rating[]
  /** Of Postgres, when the snapshot was made. */
  receipt?: string
  /** How many ratings were staged before. */
  staged?: number
}

export interface CollectOf {
  home?: string
  isSure?: boolean
  limit?: number
  after?: string
  now?: number
  /** With session '': count in Postgres in place of the op, '' for a post that is gone. */
  rows?: [post: string, session: string, op: number | ''][]
}

export interface SettleOf {
  /** Time, as an op. */
  now?: number
  /** When the batch was collected, as an op. */
  began?: number
  /** How long an op stays in `likes:recent`, in the units of ops. */
  lasts?: number
}

export type Scripts = ReturnType<typeof scriptsOf>
/** A suite of the contract, over whatever the current test has. */
export type Suite = (redis: () => RedisUnderTest, scripts: () => Scripts) => void
