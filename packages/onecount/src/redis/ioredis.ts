import type { Redis, RedisOptions } from 'ioredis'
import { StoreUnavailable } from '../core/errors'
import type { RedisPort, Reply, ScriptName } from '../core/ports'
import { loadIoredis } from '../peers/ioredis'
import { guardDatabase } from './database'
import { firstConnection } from './first-connection'
import { identityOf } from './identity'
import { readBeforeTimeout } from './read-before-timeout'
import { isLeftBehind, isNoScript, serverState, unavailable } from './replies'
import { SCRIPTS } from './scripts.generated'
import { writeTogether } from './write-together'
import { kindShownBy, wrongKind } from './wrong-kind'

/** Deadline of one call, milliseconds. */
export const COMMAND_TIMEOUT = 250

/** A connection that owes an answer for so many deadlines is dead, whatever the kernel says; a new one is made. */
export const DEADLINES = 8

/**
 * Settings that fail fast: a command is never queued while the connection is down, never resent behind the
 * caller's back, and never waited for past its deadline.
 */
export const FAIL_FAST = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  commandTimeout: COMMAND_TIMEOUT,
  socketTimeout: DEADLINES * COMMAND_TIMEOUT,
  connectTimeout: 2000,
  keepAlive: 10_000,
  noDelay: true,
  retryStrategy: times => Math.min(50 * 2 ** Math.min(times, 6), 2000),
} satisfies RedisOptions

/**
 * An ioredis client with the settings the engine needs (`FAIL_FAST`). A failed call rejects; the client's `error` events
 * are not logged.
 *
 * @example
 * const client = createRedisClient('rediss://default:secret@host:6379')
 * const onecount = createOnecount({ redis: ioredisPort(client), postgres })
 *
 * @param options of ioredis; `commandTimeout` is the deadline of a call in milliseconds, 250 by default
 * @throws OnecountError `misconfigured` where ioredis is not installed
 */
export function createRedisClient(url: string, options: RedisOptions = {}): Redis {
  const { commandTimeout = COMMAND_TIMEOUT } = options
  const { Redis } = loadIoredis()
  const client = new Redis(url, { ...FAIL_FAST, socketTimeout: DEADLINES * commandTimeout, ...options })
  writeTogether(readBeforeTimeout(client))
  client.on('error', () => {})
  return client
}

/**
 * Runs the engine's scripts through ioredis: EVALSHA, and EVAL where Redis does not know the script yet. Where Redis says
 * that it does not serve (`READONLY` of a primary that was demoted, `MASTERDOWN`, `LOADING`, …) the call fails and the
 * client connects anew. Each connection of a client with a database number is asked for that database before its first
 * script: where the server has none of that number, every call fails.
 *
 * @example
 * createOnecount({ redis: ioredisPort(createRedisClient(process.env.REDIS_URL!)), postgres })
 *
 * @param client of `createRedisClient`, or one with the settings of `FAIL_FAST`
 * @throws StoreUnavailable from `run`: Redis did not answer in time, refused, or is not connected
 */
export function ioredisPort(client: Redis): RedisPort {
  let connecting: Promise<void> | undefined
  let isLeaving = false
  const database = guardDatabase(client)

  // No async function on the way of a like: they are most of what the engine adds to one.
  const run: RedisPort['run'] = (script, keys, args) =>
    client.status === 'ready' && (!database.hasNumber || database.selectedOn === client.stream)
      ? (client.evalsha(SCRIPTS[script].sha1, keys.length, ...keys, ...args) as Promise<Reply>).catch(error =>
          recover(error, script, keys, args),
        )
      : runLater(script, keys, args)

  async function recover(error: unknown, script: ScriptName, keys: string[], args: Args): Promise<Reply> {
    if (!isNoScript(error)) throw failed(error)
    try {
      return (await client.eval(SCRIPTS[script].source, keys.length, ...keys, ...args)) as Reply
    } catch (cause) {
      throw failed(cause)
    }
  }

  /** The call is not sent again: its caller does that with the same op, or asks Postgres. */
  function failed(error: unknown): StoreUnavailable {
    if (isLeftBehind(serverState(error))) reconnect()
    const kind = kindShownBy(error)
    return kind ? new StoreUnavailable('redis', wrongKind(kind, error)) : unavailable(error)
  }

  /** A server that does not serve may keep its connections; a new one goes where the address leads now. */
  function reconnect(): void {
    if (isLeaving || client.status !== 'ready') return
    isLeaving = true
    client.once('close', () => {
      isLeaving = false
    })
    client.disconnect(true)
  }

  async function runLater(script: ScriptName, keys: string[], args: Args): Promise<Reply> {
    connecting ??= firstConnection(client, client.options.commandTimeout ?? COMMAND_TIMEOUT).finally(() => {
      connecting = undefined
    })
    await connecting
    if (client.status !== 'ready') throw new StoreUnavailable('redis', `the connection is ${client.status}`)
    if (database.hasNumber)
      await database.select().catch(error => {
        throw failed(error)
      })
    return run(script, keys, args)
  }

  return { id: identityOf(client.options), run }
}

type Args = (string | number)[]
