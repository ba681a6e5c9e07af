import { opTime } from '../src/core/op'
import { checkAtRest, checkCut } from './checks'
import type { Kit } from './kit'
import { Monitor } from './monitor'
import type { Call } from './network'
import { type Held, SimulatedRedis } from './redis'
import type { World } from './world'

/** Of so many calls one is looked at. */
const LOOK_EVERY = 3

/** A reader gives up after so many moves of the cut. */
const MOVES = 4
const WITHIN_MS = 3000

/** Pending ops and sizes are so small that each way is taken often. */
const SIZES = { sessionOps: 2, pendingMost: 3, settleSize: 1 }

/** What the partition of a call holds. */
function heldBy(world: World, { args }: Call): Promise<Held> {
  const [queue] = args[0] as string[]
  return (world.redis as SimulatedRedis).held(world.redis.queues.indexOf(queue!))
}

export const kitFor = (partitions: number): Kit => {
  let calls = 0
  const moves = new WeakMap<World, Map<string, number[]>>()

  /** Where nobody may hydrate now, or the cut moves again and again, Postgres answers although Redis has not failed. */
  function noteHeld(world: World, instance: string, answer: string): void {
    const isHeld = /FEEDING|MANY/.test(answer)
    if (!isHeld && !/AGAIN|NEW/.test(answer)) return
    const of = moves.get(world) ?? new Map<string, number[]>()
    moves.set(world, of)
    const times = [...(of.get(instance) ?? []), world.now].filter(at => at > world.now - WITHIN_MS)
    of.set(instance, times)
    if (!isHeld && times.length < MOVES) return
    world.count('hydration held')
    world.redisFailedAt.set(instance, world.now)
  }

  return {
    createRedis: options => new SimulatedRedis(options, partitions),
    createMonitor: () => new Monitor(),
    settings: world => (world.seed % 2 ? SIZES : {}),

    settled(args) {
      const posts = Number(args[14])
      const drained: string[] = []
      for (let i = 15 + 2 * posts; i < args.length; i += 7) {
        const [, , , post, session, op] = args.slice(i, i + 7)
        // Of a post that is gone nothing is remembered.
        const likes = String(args[14 + 2 * Number(args[i])])
        if (!likes.startsWith('!') && likes !== 'gone' && Number(op) > 0)
          drained.push(`${post}|${session}|${op}`)
      }
      return { latestMs: opTime(Number(args[3])) / 1000, drained }
    },

    shown({ args }, answer) {
      const [keys] = args as [string[]]
      const ids = keys.slice(2).map(key => key.replace(/^.*post:meta:/, ''))
      const [epoch, , ...rest] = (answer as string).split(';')
      return ids.flatMap((post, i) => {
        const [count, rev, , , of] = rest[2 * i]!.split('|')
        return epoch !== '' && of === epoch ? [{ post, rev: Number(rev), count: Number(count) }] : []
      })
    },

    async look(world, call, answer) {
      if (call.name.startsWith('install')) noteHeld(world, call.instance, String(answer))
      // A post that was removed begins anew where Postgres has it again.
      if (call.name === 'forget') world.truth.shown.delete((call.args[1] as string[])[0]!)
      const isDropped = call.name === 'abandon' && answer === '1'
      const isInstalled = call.name === 'install-posts' && (answer as string[])[0] === 'OK'
      if ((isDropped || isInstalled) && (await heldBy(world, call)).isHalf)
        world.violate(
          `some of the batch is settled, and ${isDropped ? 'it was dropped' : 'posts are made warm'}`,
        )
      if (++calls % LOOK_EVERY === 0) for (let i = 0; i < partitions; i++) await checkCut(world, i)
    },

    checkAtRest,
    refusesBatches: true,
  }
}
