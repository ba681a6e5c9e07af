import type { RedisPort, ScriptName } from '../src/core/ports'
import { SCRIPTS } from '../src/redis/scripts.generated'
import { restRunner, type UpstashClient } from '../src/upstash/port'
import { scriptOf } from '../src/upstash/scripts'
import type { Network, UnsentCall } from './network'

/** What the server answers to one command of a request. */
export type RestReply = { result: unknown } | { error: string }

/** What can become of a request over HTTP, beside what becomes of every message. */
export const HTTP_FATES = [
  'runs again',
  'runs in part',
  'answers in part',
  'is reset',
  'is aborted',
  'finds no script',
] as const
export type HttpFate = (typeof HTTP_FATES)[number]

/** Name of a request that brings the source of its script along. */
export const WITH_SOURCE = 'with source'

/** What the official client makes up when a signal is aborted that is not made for each request. */
export const MADE_UP: RestReply = { result: 'Aborted' }

export const NO_SCRIPT: RestReply = { error: 'NOSCRIPT No matching script.' }

/** A connection that ended before the answer: nothing says whether the request has arrived. */
export const connectionReset = (): Error =>
  Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } })

const NAMES = new Map(
  (Object.keys(SCRIPTS) as ScriptName[]).flatMap(name =>
    [true, false].flatMap(locksKeys => {
      const { sha1, source } = scriptOf(name, { locksKeys })
      return [sha1, source].map((key): [string, ScriptName] => [key, name])
    }),
  ),
)

/** The driver of Redis over REST, which production uses, on the network of a world: the calls of a turn are one request. */
export function restPort(network: Network, instance: string, clock: () => number): RedisPort {
  const pipeline = () => {
    const commands: UnsentCall[] = []
    let request = 'by name'
    const evalsha = (script: string, keys: string[], args: (string | number)[]) =>
      commands.push(network.callOf(instance, 'redis', NAMES.get(script)!, [keys, args]))
    return {
      evalsha,
      eval: (...command: Parameters<typeof evalsha>) => {
        request = WITH_SOURCE
        return evalsha(...command)
      },
      // The official client takes one result for each command from whatever was answered.
      exec: async () => {
        const what = commands.map(({ name, args }) => [name, args[1]])
        const call = { ...network.callOf(instance, 'redis', request, [[], what]), commands }
        return ((await network.send(call)) as RestReply[]).map(reply => reply)
      },
    }
  }
  return { run: restRunner({ pipeline } as unknown as UpstashClient, clock) }
}
