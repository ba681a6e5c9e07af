/** A cluster that is used as a single Redis, and the contrary: what was found, and what to do. */
export const WRONG_KIND = {
  cluster: {
    found: 'this address is that of a node of a Redis Cluster, and it is used as a single Redis',
    fix: 'set REDIS_CLUSTER=1, or name several of its nodes in REDIS_URL, with commas between them',
  },
  single: {
    found: 'this is a single Redis, and it is used as a Redis Cluster',
    fix: 'name one address in REDIS_URL, without REDIS_CLUSTER',
  },
} as const

type Kind = keyof typeof WRONG_KIND

/**
 * Replies of a node to a client that takes it for a single Redis, and of a single Redis that is asked for its slots.
 */
const REPLIES: [kind: Kind, reply: RegExp][] = [
  ['cluster', /^(MOVED|ASK|CROSSSLOT) |SELECT is not allowed in cluster mode/],
  ['single', /cluster support disabled|unknown (sub)?command.*\bcluster\b/i],
]

/** What Redis is where a reply shows that the setting names the other kind. */
export function kindShownBy(error: unknown): Kind | null {
  const message = error instanceof Error ? error.message : ''
  return REPLIES.find(([, reply]) => reply.test(message))?.[0] ?? null
}

/** An error that says so in place of the reply. */
export function wrongKind(kind: Kind, cause: unknown): Error {
  const { found, fix } = WRONG_KIND[kind]
  return new Error(`${found}: ${fix}`, { cause })
}
