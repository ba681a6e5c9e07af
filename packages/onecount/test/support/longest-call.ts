import type { Redis } from 'ioredis'
import { expect } from 'vitest'

/**
 * The longest script call of `work`, microseconds, of each kind (a script with so many arguments) at its best of some
 * attempts: a machine that is busy with something else stops Redis in the middle of a call.
 */
export async function longestCall(
  redis: Redis,
  attempts: number,
  work: (attempt: number) => Promise<unknown>,
): Promise<number> {
  const best = new Map<string, number>()
  await redis.config('RESETSTAT')
  await redis.config('SET', 'slowlog-log-slower-than', '100')
  await redis.config('SET', 'slowlog-max-len', '5000')
  for (let attempt = 0; attempt < attempts; attempt++) {
    await redis.call('SLOWLOG', 'RESET')
    await work(attempt)
    for (const { kind, micros } of await slowCalls(redis))
      best.set(kind, Math.min(best.get(kind) ?? micros, micros))
  }
  expect(await redis.info('commandstats')).toMatch(/cmdstat_evalsha:calls=[1-9]/)
  return Math.max(0, ...best.values())
}

async function slowCalls(redis: Redis) {
  const calls = (await redis.call('SLOWLOG', 'GET', '5000')) as [number, number, number, string[]][]
  return calls
    .filter(([, , , [name]]) => name?.toLowerCase() === 'evalsha')
    .map(([, , micros, [, sha, keys, ...args]]) => {
      // The log keeps 32 arguments: the last one says how many more there are.
      const more = args.at(-1)?.includes('more arguments') ? args.at(-1) : ''
      return { kind: [sha, keys, args.length, more].join(), micros }
    })
}
