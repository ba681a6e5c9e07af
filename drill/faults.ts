import { type FaultProxy, LINK_FAULTS, type LinkFault } from '@onecount/dev-stack/fault-proxy'
import type { ClusterRedis } from './cluster'
import type { SingleRedis } from './single-redis'
import type { Stack, Store } from './stack'

/** Something that is done to the stack while people press. */
export interface Fault<S extends Store = Store> {
  name: string
  /** It is done to a process, and counted by kills. */
  isKill: boolean
  /** What Redis alone has acknowledged may be gone afterwards. */
  losesRedis?: boolean
  /** The worker may end by itself, as postgres.js can end the process when Postgres is gone: docs/operations.md. */
  endsWorker?: boolean
  /** People themselves are cut off: what they wait for is not the server's. */
  isPeoples?: boolean
  /** How often it struck: one for a kill. @throws when the stack does not come up again */
  strike(stack: Stack<S>): Promise<number>
}

/** How long people press between what makes a fault and what ends it, milliseconds. */
const WHILE_MS = 500
/**
 * A link on which little passes is given this long to meet the fault, milliseconds: two of the longest pauses of a drain,
 * which the fault before may have left it in.
 */
const AT_MOST_MS = 10_000
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

const kill = <S extends Store>(
  name: string,
  strike: (stack: Stack<S>) => Promise<void>,
  options: Partial<Fault> = {},
): Fault<S> => ({
  name,
  isKill: true,
  strike: async stack => {
    await pause(WHILE_MS / 2)
    await strike(stack)
    return 1
  },
  ...options,
})

/** Wherever Redis runs. */
const KILLS: Fault[] = [
  kill('application killed', async stack => {
    await stack.killApp()
    await stack.startApp()
  }),
  kill('worker killed', async stack => {
    await stack.killWorker()
    await stack.startWorker()
  }),
  kill(
    'Postgres killed',
    async stack => {
      await stack.killPostgres()
      await pause(WHILE_MS)
      await stack.startPostgres()
    },
    { endsWorker: true },
  ),
]

const ON_SINGLE: Fault<SingleRedis>[] = [
  kill('Redis killed', async ({ redis }) => {
    await redis.kill()
    await pause(WHILE_MS)
    await redis.restart()
  }),
  kill(
    'older snapshot restored',
    async ({ redis }) => {
      await redis.backUp()
      await pause(WHILE_MS)
      await redis.restore()
    },
    { losesRedis: true },
  ),
  kill(
    'lagging replica promoted',
    async ({ redis }) => {
      await redis.startReplica()
      redis.silenceReplication()
      await pause(WHILE_MS)
      await redis.promoteReplica()
    },
    { losesRedis: true },
  ),
]

/**
 * A replica takes over with what has reached it. What its primary had not sent, or answers before it knows that it was
 * replaced, is lost.
 */
export const ON_CLUSTER: readonly Fault<ClusterRedis>[] = [
  kill('primary killed', ({ redis }) => redis.killPrimary(), { losesRedis: true }),
  kill('primary paused', ({ redis }) => redis.pausePrimary(), { losesRedis: true }),
  kill('replica killed', ({ redis }) => redis.killReplica(WHILE_MS)),
  kill('slot moved', ({ redis }) => redis.moveSlot()),
]

/** What a network does to the only way to a place. */
const cut = <S extends Store>(
  place: string,
  linkOf: (stack: Stack<S>) => FaultProxy,
  options: { isPeoples?: boolean; but?: LinkFault } = {},
): Fault<S>[] =>
  LINK_FAULTS.filter(fault => fault !== options.but).map(fault => ({
    name: `${place}: ${fault}`,
    isKill: false,
    isPeoples: options.isPeoples,
    async strike(stack: Stack<S>) {
      const link = linkOf(stack)
      const before = link.injected
      link.inject(fault)
      await pause(WHILE_MS)
      for (const end = Date.now() + AT_MOST_MS; link.injected === before && Date.now() < end; )
        await pause(10)
      link.heal()
      return link.injected - before
    },
  }))

const PEOPLE = cut('people', ({ links }) => links.people, { isPeoples: true })
const POSTGRES = [
  ...cut('REST', ({ links }) => links.rest),
  // Its own protocol has a state: nothing on its way there can be doubled but by breaking it. REST can.
  ...cut('Postgres', ({ links }) => links.wire, { but: 'duplicated' }),
]

/** On a single Redis. */
export const FAULTS: readonly Fault[] = [
  ...KILLS,
  ...ON_SINGLE,
  ...PEOPLE,
  ...cut<SingleRedis>('Redis', ({ redis }) => redis.link),
  ...POSTGRES,
]

/** On a Redis Cluster. */
export const CLUSTER_FAULTS: readonly Fault[] = [...KILLS, ...ON_CLUSTER, ...PEOPLE, ...POSTGRES]
