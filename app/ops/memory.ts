import type { Cluster, Redis } from 'ioredis'
import type { Onecount } from 'onecount'

/** Keys of one kind, and what some of them take in memory. */
export interface MemoryOfKind {
  /** How the keys are named. */
  name: string
  /** What is in one of them. */
  holds: string
  /** How many were looked at; `isAll`: there are no others. */
  sampled: number
  isAll: boolean
  /** Of those, bytes on average, and of the largest. */
  mean: number
  most: number
}

/** What Redis says of its memory. Bytes. */
export interface RedisMemory {
  /** Of all nodes together. */
  used: number
  /** 0: no limit is set. */
  limit: number
  policy: string | null
  /** Keys of whichever kind, those of other programs among them. */
  keys: number
  kinds: MemoryOfKind[]
}

/** Posts that are looked at, and of each a session that likes it. */
const POSTS = 8
/** Partitions whose queues are looked at. */
const PARTITIONS = 4

/**
 * What the keys of the engine take, by their names: of the queues all, of the others a few at random, as the ranking and
 * the mirrors know their ids. At most some sixty small commands; no key is searched for.
 */
export async function readMemory(client: Redis | Cluster, engine: Onecount): Promise<RedisMemory> {
  const nodes = 'nodes' in client ? client.nodes('master') : [client]
  const [infos, sizes, policies, kinds] = await Promise.all([
    Promise.all(nodes.map(node => node.info('memory'))),
    Promise.all(nodes.map(node => node.dbsize())),
    // Some hosts do not let clients read the configuration.
    Promise.all(nodes.map(node => node.config('GET', 'maxmemory-policy').catch(() => []))),
    readKinds(client, engine),
  ])
  const sum = (name: string) =>
    infos.reduce((total, info) => total + Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0), 0)
  return {
    used: sum('used_memory'),
    limit: sum('maxmemory'),
    policy: (policies[0] as string[])[1] ?? null,
    keys: sizes.reduce((total, size) => total + size, 0),
    kinds,
  }
}

async function readKinds(client: Redis | Cluster, { stores }: Onecount): Promise<MemoryOfKind[]> {
  const contexts = stores.partitions.slice(0, PARTITIONS)
  const ranked = await Promise.all(contexts.map(({ keys }) => client.zrandmember(keys.rank, POSTS)))
  const known = ranked.flat().filter((id): id is string => typeof id === 'string' && !id.startsWith('!'))
  // The ranking has not been asked for yet.
  const posts =
    known.length > 0 ? known : (await stores.postgres.likes(null, POSTS)).map(({ postId }) => postId)
  const pairs = await Promise.all(
    posts.slice(0, POSTS).map(async post => {
      const keys = stores.keysOf(post)
      return { post, keys, session: await client.srandmember(keys.liked(post)) }
    }),
  )
  const sessions = pairs.flatMap(({ keys, session }) => (session ? [{ keys, session }] : []))
  const queues = (name: 'q' | 'recent' | 'late' | 'rank') => contexts.map(({ keys }) => keys[name])
  const areAll = contexts.length === stores.partitions.length
  const looks: [name: string, holds: string, keys: string[], isAll?: boolean][] = [
    ['likes:pending', 'ops that Postgres has not confirmed', queues('q'), areAll],
    ['likes:recent', 'ops of the last 15 minutes', queues('recent'), areAll],
    ['likes:late', 'ops that came late', queues('late'), areAll],
    ['likes:rank', 'every post by its count', queues('rank'), areAll],
    ['post:likes:…', 'the count of a post', pairs.map(({ post, keys }) => keys.likes(post))],
    ['post:meta:…', 'its revision', pairs.map(({ post, keys }) => keys.meta(post))],
    ['post:liked:…', 'who likes it', pairs.map(({ post, keys }) => keys.liked(post))],
    ['session:likes:…', 'what a session likes', sessions.map(({ session, keys }) => keys.sessions(session))],
    ['session:ops:…', 'its ops', sessions.map(({ session, keys }) => keys.ops(session))],
  ]
  const kinds = await Promise.all(
    looks.map(async ([name, holds, keys, isAll = false]): Promise<MemoryOfKind | null> => {
      const sizes = (await Promise.all(keys.map(key => client.call('MEMORY', 'USAGE', key)))).filter(
        (size): size is number => typeof size === 'number',
      )
      if (sizes.length === 0) return null
      const mean = sizes.reduce((total, size) => total + size, 0) / sizes.length
      return { name, holds, sampled: sizes.length, isAll, mean: Math.round(mean), most: Math.max(...sizes) }
    }),
  )
  return kinds.filter(kind => kind !== null)
}
