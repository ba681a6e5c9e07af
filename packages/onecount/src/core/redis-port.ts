/** The scripts in `lua/`, by file name. */
export type ScriptName =
  | 'abandon'
  | 'adopt'
  | 'close'
  | 'collect'
  | 'compare-pairs'
  | 'compare-posts'
  | 'cool'
  | 'feed'
  | 'fill'
  | 'forget'
  | 'install-posts'
  | 'install-sessions'
  | 'likers'
  | 'limit'
  | 'look'
  | 'mirror'
  | 'mirror-likes'
  | 'pending-ops'
  | 'prepare'
  | 'press'
  | 'rank'
  | 'read'
  | 'release'
  | 'reopen'
  | 'resolve'
  | 'settle'
  | 'sizes'
  | 'status'
  | 'write'

/** What a script answers: strings (also for every number and id) and lists of them. */
export type Reply = string | Reply[]

/** What the engine needs of Redis: to run one of its scripts atomically. */
export interface RedisPort {
  /**
   * Names the Redis that the port is configured for, alike in all processes and after Redis was emptied; without
   * secrets. Left out: whether Postgres belongs to another Redis is not compared.
   */
  readonly id?: string
  /** The keys of a call must be in one slot of a Redis Cluster: those of one partition have a hash tag too. */
  readonly isCluster?: boolean
  /**
   * One round trip. Calls made in the same tick travel together.
   * @throws StoreUnavailable after the driver's deadline or on any error: the outcome is unknown
   */
  run(script: ScriptName, keys: string[], args: (string | number)[]): Promise<Reply>
}
