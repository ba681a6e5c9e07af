/**
 * Names of the Redis keys of one partition. The first three are public: other programs may read them; they decide nothing.
 * `tag` is empty, or the hash tag that keeps the keys of a partition in one slot of a cluster.
 */
export function createKeys(tag = '') {
  return {
    likes: (post: string) => `${tag}post:likes:${post}`,
    liked: (post: string) => `${tag}post:liked:${post}`,
    sessions: (session: string) => `${tag}session:likes:${session}`,
    meta: (post: string) => `${tag}post:meta:${post}`,
    ops: (session: string) => `${tag}session:ops:${session}`,
    call: (id: string) => `${tag}likes:call:${id}`,
    q: `${tag}likes:pending`,
    recent: `${tag}likes:recent`,
    late: `${tag}likes:late`,
    lease: `${tag}likes:lease`,
    turns: `${tag}likes:turns`,
    rank: `${tag}likes:rank`,
    filling: `${tag}likes:rank:filling`,
    limit: (kind: string, key: string) => `${tag}likes:limit:${kind}|${key}`,
    /** The queue of the version before, and what is left of it; it knew no partitions. */
    before: `${tag}likes:q`,
    beforeRest: `${tag}likes:q:before`,
  }
}

export type Keys = ReturnType<typeof createKeys>

/** One partition has the keys without a tag. */
export const tagOf = (partition: number, partitions: number): string =>
  partitions === 1 ? '' : `{${partition}}`

/** The last 28 bits of a post's UUID say its partition, in Postgres too. */
export const partitionOf = (postId: string, partitions: number): number =>
  partitions === 1 ? 0 : Number.parseInt(postId.replaceAll('-', '').slice(-7), 16) % partitions
