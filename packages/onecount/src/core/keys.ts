/**
 * Names of the Redis keys of one partition. The first three are public: other programs may read them; they decide nothing.
 * `tag` is empty, or the hash tag that keeps the keys of a partition in one slot of a cluster. `kind` is what stands
 * before the keys of a kind (`Kind.keyPrefix`), nothing for the one that there is without a configuration.
 * @example
 * const count = await redis.get(createKeys().likes(postId)) // post:likes:<postId>
 */
export function createKeys(tag = '', kind = '') {
  const prefix = `${tag}${kind}`
  return {
    /** A string, the count. */
    likes: (post: string) => `${prefix}post:likes:${post}`,
    /** A set of sessions. */
    liked: (post: string) => `${prefix}post:liked:${post}`,
    /** A set of posts. */
    sessions: (session: string) => `${prefix}session:likes:${session}`,
    /** Count, revision and epoch of a warm post. */
    meta: (post: string) => `${prefix}post:meta:${post}`,
    /** A hash of posts and ops. */
    ops: (session: string) => `${prefix}session:ops:${session}`,
    /** The op that a repeated call of this id gets again. */
    call: (id: string) => `${prefix}likes:call:${id}`,
    /** Ops that Postgres has not confirmed. */
    q: `${prefix}likes:pending`,
    /** What is left of `q` once its partition is given up. */
    closed: `${prefix}likes:pending:closed`,
    /** Ops that were drained in the last 15 minutes. */
    recent: `${prefix}likes:recent`,
    /** Recent ops that were old when they were drained. */
    late: `${prefix}likes:late`,
    /** Who drains. */
    lease: `${prefix}likes:lease`,
    /** Of those who look this often: who looks more often does not wait for the others. */
    turns: (idleMs: number) => `${prefix}likes:turns:${idleMs}`,
    /** The ranking. */
    rank: `${prefix}likes:rank`,
    /** A ranking that is being built. */
    filling: `${prefix}likes:rank:filling`,
    /** A token bucket. */
    limit: (kind: string, key: string) => `${prefix}likes:limit:${kind}|${key}`,
    /** The queue of the version before; it knew no partitions. */
    before: `${prefix}likes:q`,
    /** What is left of `before`. */
    beforeRest: `${prefix}likes:q:before`,
  }
}

/** The names that `createKeys` makes. */
export type Keys = ReturnType<typeof createKeys>

/** Partitions that one may ask for. */
export const MOST_PARTITIONS = 1024

/** Hash slots of a Redis Cluster. */
const SLOTS = 16384

/**
 * The hash tag of a partition. It names how many there are, so that keys of another number are other keys, and lies in the
 * partition's share of the slots, so that nodes which share these have as many partitions each. One partition has keys
 * without a tag on a single Redis; a cluster runs a script only where all of its keys are in one slot.
 */
export function tagOf(partition: number, partitions: number, isCluster = false): string {
  if (partitions === 1 && !isCluster) return ''
  for (let n = 0; ; n++) {
    const tag = `${partition}/${partitions}${n === 0 ? '' : `.${n}`}`
    if (Math.floor((slotOf(tag) * partitions) / SLOTS) === partition) return `{${tag}}`
  }
}

/** CRC16 as in the specification of Redis Cluster (polynomial 0x1021, from 0), of ASCII text. */
export function slotOf(tag: string): number {
  let crc = 0
  for (const character of tag) {
    crc ^= character.charCodeAt(0) << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff
  }
  return crc % SLOTS
}

/** The last 28 bits of a post's UUID say its partition, in Postgres too. */
export const partitionOf = (postId: string, partitions: number): number =>
  Number.parseInt(postId.replaceAll('-', '').slice(-7), 16) % partitions
