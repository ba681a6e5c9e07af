import { opTime } from '../src/core/op'
import { checkAtRest, checkInstalled } from './checks'
import type { Kit } from './kit'
import { Monitor } from './monitor'
import { SimulatedRedis } from './redis'

/** The design of docs/design.md. */
export const presentKit: Kit = {
  createRedis: ({ client, scripts, prefix, clock, hydrateMs, skewMs }) =>
    new SimulatedRedis(client, scripts, prefix, clock, hydrateMs, skewMs),
  createMonitor: () => new Monitor(),
  settings: () => ({ chunkSize: 2 }),

  settled(args) {
    const drained: string[] = []
    for (let i = 4; i < args.length; ) {
      const [members, refused] = [Number(args[i + 2]), Number(args[i + 3])]
      // The last ones are refused.
      for (const member of args.slice(i + 4, i + 4 + members - refused)) {
        const [, pair] = /^([^|]+\|[^|]+\|\d+)\|\d+$/.exec(String(member)) ?? []
        if (pair) drained.push(pair)
      }
      i += 4 + members
    }
    return { latestMs: opTime(Number(args[1])) / 1000, drained }
  },

  shown({ args }, answer) {
    const [, ...posts] = args[1] as string[]
    const parts = answer as string[]
    return posts.flatMap((post, i) =>
      parts[5 * i] === '' ? [] : [{ post, rev: Number(parts[5 * i + 1]), count: Number(parts[5 * i]) }],
    )
  },

  async look(world, call, answer) {
    if (call.name === 'install' && answer === 'OK')
      await checkInstalled(world, call.args[1] as (string | number)[])
    if (call.name === 'begin' && (answer as string[][]).some(([verdict]) => verdict === 'HELD')) {
      world.count('hydration held')
      world.redisFailedAt.set(call.instance, world.now)
    }
  },

  checkAtRest,
}
