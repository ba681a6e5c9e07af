import { Redis, type RedisOptions } from 'ioredis'
import { StoreUnavailable } from '../core/errors'
import type { RedisPort, Reply, ScriptName } from '../core/ports'
import { readBeforeTimeout } from './read-before-timeout'
import { SCRIPTS } from './scripts.generated'

/** Deadline of one call, milliseconds. */
const COMMAND_TIMEOUT = 250

/** A connection that owes an answer for so many deadlines is dead, whatever the kernel says; a new one is made. */
const DEADLINES = 8

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

/** An ioredis client with the settings the engine needs. Its errors are the callers' to see, not the log's. */
export function createRedisClient(url: string, options: RedisOptions = {}): Redis {
  const { commandTimeout = COMMAND_TIMEOUT } = options
  const client = readBeforeTimeout(
    new Redis(url, { ...FAIL_FAST, socketTimeout: DEADLINES * commandTimeout, ...options }),
  )
  client.on('error', () => {})
  return client
}

/** Runs the engine's scripts through ioredis: EVALSHA, and EVAL where Redis does not know the script yet. */
export function ioredisPort(client: Redis): RedisPort {
  let connecting: Promise<void> | undefined

  // No async function on the way of a like: they are most of what the engine adds to one.
  const run: RedisPort['run'] = (script, keys, args) =>
    client.status === 'ready'
      ? (client.evalsha(SCRIPTS[script].sha1, keys.length, ...keys, ...args) as Promise<Reply>).catch(error =>
          recover(error, script, keys, args),
        )
      : runLater(script, keys, args)

  async function recover(error: unknown, script: ScriptName, keys: string[], args: Args): Promise<Reply> {
    if (!isNoScript(error)) throw new StoreUnavailable('redis', error)
    try {
      return (await client.eval(SCRIPTS[script].source, keys.length, ...keys, ...args)) as Reply
    } catch (cause) {
      throw new StoreUnavailable('redis', cause)
    }
  }

  async function runLater(script: ScriptName, keys: string[], args: Args): Promise<Reply> {
    connecting ??= firstConnection(client).finally(() => {
      connecting = undefined
    })
    await connecting
    if (client.status !== 'ready') throw new StoreUnavailable('redis', `the connection is ${client.status}`)
    return run(script, keys, args)
  }

  return { run }
}

type Args = (string | number)[]

const isNoScript = (error: unknown) => error instanceof Error && error.message.startsWith('NOSCRIPT')

/** A client that is connecting for the first time is waited for; one that lost its connection fails at once. */
async function firstConnection(client: Redis): Promise<void> {
  if (client.status === 'wait') client.connect().catch(() => {})
  if (client.status !== 'connecting' && client.status !== 'connect') return
  await new Promise<void>(resolve => {
    const done = () => {
      clearTimeout(timer)
      client.off('ready', done)
      client.off('close', done)
      resolve()
    }
    const timer = setTimeout(done, COMMAND_TIMEOUT)
    client.once('ready', done)
    client.once('close', done)
  })
}
