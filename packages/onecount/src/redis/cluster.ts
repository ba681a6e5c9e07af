import type { Cluster, ClusterOptions, RedisOptions } from 'ioredis'
import { StoreUnavailable } from '../core/errors'
import type { RedisPort, Reply } from '../core/ports'
import { loadIoredis } from '../peers/ioredis'
import { causeOf, watchErrors } from './cluster-errors'
import { guardNode, SlotMoving } from './cluster-node'
import { firstConnection } from './first-connection'
import { identityOfCluster } from './identity'
import { COMMAND_TIMEOUT, DEADLINES, FAIL_FAST } from './ioredis'
import { isNoScript, serverState, unavailable } from './replies'
import { SCRIPTS, type Script } from './scripts.generated'
import { watchSettled } from './settled'
import { kindShownBy, wrongKind } from './wrong-kind'

/** Pause before a call that was refused while its slot moves is sent again, milliseconds. */
const RETRY_PAUSE = 20

/** The slot map is read at most once in so many milliseconds because of calls that fail. */
const REFRESH_PAUSE = 100

/**
 * An ioredis `Cluster` with the settings the engine needs: no command is sent again whose outcome is unknown, none is
 * queued while the cluster is unreachable, and none is waited for past its deadline. Scripts run on primaries only.
 *
 * `cluster-require-full-coverage no` in the servers' configuration keeps the partitions of the other primaries served
 * while one primary is down.
 *
 * @example
 * createRedisCluster(['redis://:secret@10.0.0.1:6379', 'redis://:secret@10.0.0.2:6379'])
 *
 * @param urls `redis://` or `rediss://` of one node or more; the others are discovered. User, password and TLS of the
 * first one are used for every node.
 * @param options of ioredis; `redisOptions.commandTimeout` is the deadline of a call in milliseconds, 250 by default
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
 */
export function createRedisCluster(urls: string[], options: ClusterOptions = {}): Cluster {
  const { redisOptions } = options
  const { commandTimeout = COMMAND_TIMEOUT } = redisOptions ?? {}
  const { enableOfflineQueue: _, retryStrategy, ...failFast } = FAIL_FAST
  const login = credentialsOf(urls[0])
  const { Cluster } = loadIoredis()
  const cluster = new Cluster(urls, {
    clusterRetryStrategy: retryStrategy,
    slotsRefreshTimeout: 2 * commandTimeout,
    maxRedirections: 8,
    // These would send scripts again that may have run.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // A certificate names hosts; ioredis would connect to what they resolve to.
    ...(login.tls && { dnsLookup: (host, found) => found(null, host) }),
    ...options,
    redisOptions: {
      ...failFast,
      ...login,
      socketTimeout: DEADLINES * commandTimeout,
      ...redisOptions,
      commandTimeout,
    },
  })
  cluster.on('+node', guardNode)
  watchErrors(cluster)
  return cluster
}

function credentialsOf(url: string | undefined): RedisOptions {
  if (!url?.includes('://')) return {}
  const { protocol, username, password } = new URL(url)
  return {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  }
}

/** What {@link ioredisClusterPort} takes. */
export interface ClusterPortOptions {
  /**
   * Names the cluster for the comparison of owners (see `RedisPort.id`).
   * @default a hash of the addresses that the client was made with: another list of nodes would be another Redis
   */
  id?: string
}

/**
 * Runs the engine's scripts on a Redis Cluster through a client of `createRedisCluster`. The first key decides the node;
 * all keys of a call must be in one slot. One round trip, and one more for each redirection and for a script that the
 * node does not know.
 *
 * MOVED and ASK are followed. A call that was refused because its slot moves (TRYAGAIN) or its node was demoted
 * (READONLY) is sent again until the deadline. Everything else fails with StoreUnavailable at once or at the deadline,
 * and the slot map is read anew; a call that may have run is not sent again.
 *
 * While Redis 7 moves a slot key by key, it refuses scripts with a key that is absent: the partition is unavailable
 * until its slot has moved (docs/decisions/029).
 *
 * @example
 * const onecount = createOnecount({ redis: ioredisClusterPort(createRedisCluster(urls)), postgres })
 */
export function ioredisClusterPort(cluster: Cluster, options: ClusterPortOptions = {}): RedisPort {
  // Private in ioredis; nothing else tells what the client was configured with.
  const { startupNodes } = cluster as unknown as { startupNodes: string[] }
  const { id = identityOfCluster(startupNodes.map(optionsOf)) } = options
  const runScript = clusterScripts(cluster)
  // A tag in the prefix of all keys has them in one slot already.
  const isCluster = !/\{[^}]+\}/.test(cluster.options.keyPrefix ?? '')
  return { id, isCluster, run: (script, keys, args) => runScript(SCRIPTS[script], keys, args) }
}

function optionsOf(node: string | number | RedisOptions): RedisOptions {
  if (typeof node === 'number') return { port: node }
  if (typeof node === 'object') return node
  const { hostname, port } = new URL(node.includes('://') ? node : `redis://${node}`)
  return { host: hostname, port: Number(port || 6379) }
}

type Args = (string | number)[]
type Source = Pick<Script, 'sha1' | 'source'>

interface Call {
  script: Source
  /** Number of keys, keys and arguments. */
  tail: Args
  /** On the clock of `performance.now()`. */
  deadline: number
}

/** Runs any script as `ioredisClusterPort` runs the engine's. */
export function clusterScripts(
  cluster: Cluster,
): (script: Source, keys: string[], args: Args) => Promise<Reply> {
  const { Command } = loadIoredis()
  const { keyPrefix, redisOptions } = cluster.options
  const { commandTimeout = COMMAND_TIMEOUT } = redisOptions ?? {}
  let connecting: Promise<void> | undefined
  let refreshedAt = Number.NEGATIVE_INFINITY

  // No async function on the way of a like, as in the driver of a single Redis.
  const start = (call: Call): Promise<Reply> =>
    send('evalsha', call.script.sha1, call).catch(error => recover(error, call))

  /** The deadline covers all that ioredis does: queues, connecting, redirections. */
  function send(name: 'evalsha' | 'eval', script: string, { tail, deadline }: Call): Promise<Reply> {
    const command = watchSettled(new Command(name, [script, ...tail], { replyEncoding: 'utf8', keyPrefix }))
    command.setTimeout(Math.max(1, deadline - performance.now()))
    return cluster.sendCommand(command) as Promise<Reply>
  }

  /** Sends the call again as long as its refusal shows that it was not executed. */
  async function recover(error: unknown, call: Call): Promise<Reply> {
    if (!isNoScript(error)) await pauseOrThrow(error, call)
    try {
      return await send('eval', call.script.source, call)
    } catch (next) {
      return recover(next, call)
    }
  }

  async function pauseOrThrow(error: unknown, { deadline }: Call): Promise<void> {
    const isMoving = error instanceof SlotMoving
    const failure = unavailable(error)
    if (!isMoving && failure.scope === 'store') refresh()
    const isRefused = isMoving || serverState(error) === 'READONLY'
    if (!isRefused || performance.now() + 2 * RETRY_PAUSE > deadline) throw failure
    await new Promise(resolve => setTimeout(resolve, RETRY_PAUSE))
  }

  /**
   * Reads the slot map anew. Nodes that do not answer leave the client one by one as they are used; without any it
   * starts from the configured addresses.
   */
  function refresh(): void {
    const now = performance.now()
    if (cluster.status !== 'ready' || now - refreshedAt < REFRESH_PAUSE) return
    refreshedAt = now
    cluster.refreshSlotsCache()
  }

  async function connect(): Promise<void> {
    connecting ??= firstConnection(cluster, commandTimeout).finally(() => {
      connecting = undefined
    })
    await connecting
    if (cluster.status !== 'ready') throw new StoreUnavailable('redis', whyNot())
  }

  function whyNot(): Error | string {
    const cause = causeOf(cluster)
    const kind = kindShownBy(cause)
    if (kind) return wrongKind(kind, cause)
    return `the cluster is ${cluster.status}${cause ? `: ${cause.message}` : ''}`
  }

  return (script, keys, args) => {
    const call = {
      script,
      tail: [keys.length, ...keys, ...args],
      deadline: performance.now() + commandTimeout,
    }
    return cluster.status === 'ready' ? start(call) : connect().then(() => start(call))
  }
}
