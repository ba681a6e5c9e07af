/**
 * Names of the Redis keys. The first three are public: other programs may read them. `prefix` is empty, or the
 * hash tag of a partition.
 */
export function createKeys(prefix = '') {
  return {
    likes: (post: string) => `${prefix}post:likes:${post}`,
    liked: (post: string) => `${prefix}post:liked:${post}`,
    sessions: (session: string) => `${prefix}session:likes:${session}`,
    meta: (post: string) => `${prefix}post:meta:${post}`,
    hydrating: (post: string) => `${prefix}post:hydrating:${post}`,
    staged: (post: string) => `${prefix}post:staged:${post}`,
    stagedOps: (post: string) => `${prefix}post:staged:ops:${post}`,
    call: (id: string) => `${prefix}likes:call:${id}`,
    q: `${prefix}likes:q`,
    recent: `${prefix}likes:recent`,
    late: `${prefix}likes:late`,
    rank: `${prefix}likes:rank`,
    absent: `${prefix}likes:absent`,
    limit: (kind: string, key: string) => `${prefix}likes:limit:${kind}|${key}`,
    filling: `${prefix}likes:rank:filling`,
  }
}

export type Keys = ReturnType<typeof createKeys>
