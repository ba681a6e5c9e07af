import type { Redis } from 'ioredis'
import { StoreRefused } from '../src/core/errors'
import type { Onecount } from '../src/core/onecount'
import { standBy } from './bystanders'
import { checkAtRest } from './checks'
import type { Engine } from './engine'
import type { Fault } from './faults'
import { type KindName, SIMULATED_KINDS } from './kinds'
import { bringBack, moderate } from './moderators'
import { drain, Tab } from './people'
import { replayEverything, replayForever } from './replays'
import { World } from './world'

export interface Outcome {
  seed: number
  kind: KindName
  faults: Fault[]
  violations: string[]
  /** How often what happened: calls, presses, faults. */
  counts: Record<string, number>
  trace: string[]
}

export interface WorldOptions {
  /** Instead of what the seed chooses. */
  faults?: ReadonlySet<Fault>
  /** How long everything goes wrong, in steps. */
  steps?: number
  /** Instead of that of the seed. */
  kind?: KindName
}

interface RunOptions extends WorldOptions {
  isTraced?: boolean
  /** Asked before each step; true: the caller does not need the outcome any more. */
  isAbandoned?: () => boolean
}

/**
 * Runs one seed to its end: things go wrong for a while, then everything works again, and then it must be right.
 *
 * @returns null where it was abandoned
 */
export async function runSeed(
  seed: number,
  engine: Engine,
  client: Redis,
  { isTraced = false, isAbandoned, faults, steps = 300, kind }: RunOptions = {},
): Promise<Outcome | null> {
  const world = new World(seed, engine, client, isTraced, faults, kind && SIMULATED_KINDS[kind])
  try {
    // Two tabs of one session, and one of each other.
    const tabs = [world.sessions[0]!, ...world.sessions].map(session => new Tab(world, session))
    const lives = [
      ...tabs.map(tab => tab.live()),
      ...world.instances.names.map(name => drain(world, name)),
      moderate(world),
      ...(world.faults.has('post comes back') ? [bringBack(world)] : []),
      ...(world.faults.has('bystanders') ? [standBy(world)] : []),
      ...(world.faults.has('replays') ? [replayForever(world)] : []),
    ].map(life => life.catch((error: unknown) => world.violate(`thrown: ${String(error)}`)))
    for (let i = 0; i < steps; i++) {
      if (isAbandoned?.()) return null
      await world.step()
    }
    await world.heal()
    await Promise.all(lives)
    await comeToRest(world, tabs)
    await checkAtRest(world)
    if (world.faults.has('op refused')) {
      await retryRefused(world)
      await comeToRest(world, tabs)
      await checkAtRest(world)
    }
    world.counts['last words'] = world.hasLastWord ? world.lastWord.size : 0
  } catch (error) {
    world.violate(`thrown: ${error instanceof Error ? error.stack : String(error)}`)
  } finally {
    await world.redis.flush()
  }
  return {
    seed,
    kind: world.simulated.name,
    faults: [...world.faults],
    violations: world.truth.violations,
    counts: world.counts,
    trace: world.trace,
  }
}

/** Nothing is forbidden any more, and what was set aside is tried again: it lands. */
async function retryRefused({ postgres, violate }: World): Promise<void> {
  const refused = [...postgres.refused().values()]
  postgres.forbid(() => false)
  const { landed } = await postgres.port.retryRefused(refused)
  if (landed !== refused.length || postgres.refused().size > 0)
    violate(`${landed} of ${refused.length} refused ops landed`)
}

/** Between two epochs that end because posts are there again, `RETURN_SECONDS` of the script; milliseconds. */
const RETURN_MS = 3000

/** Sends again the presses that browsers keep, drains everything, and warms every post. */
async function comeToRest(world: World, tabs: Tab[]): Promise<void> {
  const { redis, postgres } = world
  const direct = world.instances.onecountOn({
    redis: {
      run: async (script, keys, args) => {
        const answer = await redis.run(script, keys, args)
        world.note(`Z redis.${script}(${JSON.stringify(args)}) -> ${JSON.stringify(answer)}`)
        world.done({ store: 'redis', name: script, args: [keys, args] } as never, answer)
        return answer
      },
    },
    postgres: postgres.port,
  })
  for (let round = 0; round < 3; round++) {
    if (world.faults.has('re-send')) for (const tab of tabs) await tab.resend(use => use(direct))
    await drainAll(direct)
    // Until then Postgres alone serves a post that is there again.
    if (world.faults.has('post comes back')) world.now += RETURN_MS
    const states = await direct.read(world.posts.map(post => post.id))
    for (const { source, postId } of states.values())
      if (source !== 'redis') world.violate(`at rest ${postId} is shown from ${source}`)
    await drainAll(direct)
  }
  if (world.faults.has('replays')) await checkReplays(world, direct)
  const { pending, unseen } = await direct.health()
  if (pending !== 0 || unseen !== 0) world.violate(`at rest ${pending} are pending and ${unseen} unseen`)
  if (world.faults.has('re-send') && tabs.some(tab => tab.kept.size > 0))
    world.violate('something is still kept')
}

/** Nothing that was ever sent changes a pair when it comes again. */
async function checkReplays(world: World, direct: Onecount): Promise<void> {
  const before = world.postgres.ops()
  await replayEverything(world, direct)
  await drainAll(direct)
  if (world.hasLost) return
  for (const [pair, op] of world.postgres.ops())
    if (op !== before.get(pair) && !world.wasGone(pair.split('|')[0]!))
      world.violate(`${pair} was ${before.get(pair)}, and ${op} once everything was sent again`)
}

async function drainAll(direct: Onecount): Promise<void> {
  for (let i = 0; i < 100; i++) {
    try {
      if (!(await direct.drainer.flush({ budgetMs: 0 })).more) return
    } catch (error) {
      // A batch that Postgres refuses as a whole: the next one is another.
      if (!(error instanceof StoreRefused)) throw error
    }
  }
}
