import type { Redis } from '@upstash/redis'
import { StoreUnavailable } from '../core/errors'
import type { RedisPort, Reply, ScriptName } from '../core/ports'
import { identityOf } from '../redis/identity'
import { isNoScript, unavailable } from '../redis/replies'
import type { UpstashAddress } from './env'
import { refusesFlag, type Script, scriptOf } from './scripts'

/** Commands in one request, and their size in characters: Upstash takes a few megabytes, a proxy on the way less. */
const MOST_COMMANDS = 100
const MOST_SIZE = 500_000
/** A process that has heard nothing for longer may have been frozen, and its connections closed meanwhile; milliseconds. */
const ASLEEP_MS = 1000

/** What the engine needs of the official client. */
export type UpstashClient = Pick<Redis, 'pipeline'>

interface Call {
  script: ScriptName
  keys: string[]
  args: (string | number)[]
  size: number
  resolve(reply: Reply): void
  reject(error: unknown): void
}

/**
 * Runs the engine's scripts through the REST interface of Upstash: EVALSHA, and EVAL where the server that answers does not
 * know the script. Calls made in the same tick travel in one request. Each is one command of Upstash's bill.
 *
 * @example
 * const address = { url: process.env.UPSTASH_REDIS_REST_URL!, token: process.env.UPSTASH_REDIS_REST_TOKEN! }
 * createOnecount({ redis: upstashPort(createUpstashClient(address), address), postgres })
 *
 * @param client of `createUpstashClient`, or one with `REST_SETTINGS` and a `signal` that is a function
 * @param address the client's: a worker that reaches the same database by TCP is known by it
 * @throws StoreUnavailable from `run`: the request was not answered in time or was refused; what it did is unknown
 */
export function upstashPort(client: UpstashClient, { url }: Pick<UpstashAddress, 'url'>): RedisPort {
  return { id: identityOf({ ...hostOf(url), db: 0 }), run: restRunner(client, () => Date.now()) }
}

/** `run` of the port; `clock` in milliseconds. */
export function restRunner(client: UpstashClient, clock: () => number): RedisPort['run'] {
  let waiting: Call[] = []
  let locksKeys = true
  let answeredAt = clock()

  const run: RedisPort['run'] = (script, keys, args) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) queueMicrotask(flush)
      waiting.push({ script, keys, args, size: sizeOf(keys) + sizeOf(args), resolve, reject })
    })

  function flush(): void {
    const calls = waiting
    waiting = []
    for (const group of inRequests(calls)) void send(group)
  }

  async function send(calls: Call[]): Promise<void> {
    const scripts = calls.map(({ script }) => scriptOf(script, { locksKeys }))
    const replies = await request(calls, ({ keys, args }, pipeline, i) =>
      pipeline.evalsha(scripts[i]!.sha1, keys, args),
    )
    const unknown: { call: Call; script: Script }[] = []
    for (const [i, reply] of replies.entries()) {
      if (isNoScript(reply)) unknown.push({ call: calls[i]!, script: scripts[i]! })
      else answer(calls[i]!, reply)
    }
    // Each by itself: the sources would make one request large.
    for (const { call, script } of unknown) void evaluate(call, script)
  }

  async function evaluate(call: Call, script: Script): Promise<void> {
    const [reply] = await request([call], ({ keys, args }, pipeline) =>
      pipeline.eval(script.source, keys, args),
    )
    // It did not run: a server that does not know the flag refuses the source.
    if (!script.locksKeys || !(reply instanceof Error) || !refusesFlag(reply.message))
      return answer(call, reply!)
    locksKeys = false
    return send([call])
  }

  /** Answers each command's reply or error; where the request failed that is the error of all. */
  async function request(
    calls: Call[],
    add: (call: Call, pipeline: ReturnType<UpstashClient['pipeline']>, i: number) => void,
  ): Promise<(Reply | Error)[]> {
    const send = async (): Promise<(Reply | Error)[]> => {
      const pipeline = client.pipeline()
      for (const [i, call] of calls.entries()) add(call, pipeline, i)
      const replies = (await pipeline.exec({ keepErrors: true })) as Replies
      answeredAt = clock()
      return calls.map((_, i) => replyOf(replies[i]))
    }
    const wasAsleep = clock() - answeredAt > ASLEEP_MS
    try {
      // On a connection of before the other end refuses what it may be sent; every call may arrive twice.
      return await send().catch(error => {
        if (wasAsleep && isReset(error)) return send()
        throw error
      })
    } catch (error) {
      const failure = failed(error)
      return calls.map(() => failure)
    }
  }

  return run
}

function answer({ resolve, reject }: Call, reply: Reply | Error): void {
  if (!(reply instanceof Error)) resolve(reply)
  else reject(reply instanceof StoreUnavailable ? reply : unavailable(reply))
}

type Replies = { error?: string; result: unknown }[]

/** A server that has answered fewer results than it was sent commands may have executed all of them. */
function replyOf(reply: Replies[number] | undefined): Reply | Error {
  if (!reply) return new StoreUnavailable('redis', 'it answered fewer results than commands')
  return reply.error === undefined ? (reply.result as Reply) : replyError(reply.error)
}

/** Whether the connection ended without an answer; a deadline that has passed is another thing. */
function isReset(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } }
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(String(cause?.code))
}

const replyError = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' })

/** The client's message repeats the commands, which hold ids of sessions. */
function failed(error: unknown): StoreUnavailable {
  const message = error instanceof Error ? error.message.split(', command was: ')[0]! : String(error)
  const isTooLarge = /max request size/i.test(message)
  return new StoreUnavailable('redis', new Error(message.slice(0, 200)), isTooLarge ? 'call' : 'store')
}

/** In the order of the calls, none with too many of them or too large unless it is one call alone. */
function inRequests(calls: Call[]): Call[][] {
  const groups: Call[][] = []
  let size = 0
  for (const call of calls) {
    const group = groups.at(-1)
    size += call.size
    if (group && group.length < MOST_COMMANDS && size <= MOST_SIZE) group.push(call)
    else {
      groups.push([call])
      size = call.size
    }
  }
  return groups
}

const sizeOf = (parts: (string | number)[]): number =>
  parts.reduce((size: number, part) => size + String(part).length + 3, 0)

/** The TCP endpoint of a database has the same host, and the port of Redis. */
function hostOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port || 6379) }
}
