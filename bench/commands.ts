import type { Redis } from 'ioredis'

/** Commands by which the benchmarks look at Redis. */
const LOOKS = new Set(['info', 'config', 'slowlog', 'ping', 'scan', 'memory'])
/** Entries that Redis keeps in its slow log. */
const KEPT = 100_000

interface Command {
  name: string
  calls: number
  micros: number
}

/** Starts the counters of `redisMicros` and `scriptCalls` anew. */
export const resetCounters = (client: Redis) => client.config('RESETSTAT')

async function commands(client: Redis): Promise<Command[]> {
  const lines = (await client.info('commandstats')).matchAll(/^cmdstat_([\w|-]+):calls=(\d+),usec=(\d+)/gm)
  return [...lines]
    .map(([, name, calls, micros]) => ({ name: name!, calls: Number(calls), micros: Number(micros) }))
    .filter(({ name }) => !LOOKS.has(name.split('|')[0]!))
}

/** Scripts include the commands that they call, which are counted apart as well. */
const isScript = ({ name }: Command) => /^(evalsha|eval|fcall)(_ro)?$/.test(name)

/** What Redis has spent on scripts and plain commands, microseconds. Of one side only: either scripts or commands. */
export async function redisMicros(client: Redis): Promise<number> {
  const all = await commands(client)
  const scripts = all.filter(isScript)
  return (scripts.length > 0 ? scripts : all).reduce((sum, { micros }) => sum + micros, 0)
}

/** How many scripts and functions were called. */
export async function scriptCalls(client: Redis): Promise<number> {
  return (await commands(client)).filter(isScript).reduce((sum, { calls }) => sum + calls, 0)
}

/** How many commands have run, scripts and those that they call. */
export async function commandCalls(client: Redis): Promise<number> {
  return (await commands(client)).reduce((sum, { calls }) => sum + calls, 0)
}

/** From now on Redis notes every call that takes longer than this, microseconds: of many calls it does not keep all. */
export async function watchCalls(client: Redis, slowerThan = 0): Promise<void> {
  await client.config('SET', 'slowlog-log-slower-than', slowerThan)
  await client.config('SET', 'slowlog-max-len', KEPT)
  await client.slowlog('RESET')
}

/** The longest call since `watchCalls`, milliseconds. */
export async function longestCall(client: Redis): Promise<number> {
  const calls = (await client.slowlog('GET', KEPT)) as [number, number, micros: number, string[]][]
  let longest = 0
  for (const [, , micros, [name]] of calls)
    if (!LOOKS.has((name ?? '').toLowerCase())) longest = Math.max(longest, micros)
  return longest / 1000
}
