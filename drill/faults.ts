import { LINK_FAULTS } from './link'
import type { Stack } from './stack'

/** Something that is done to the stack while people press. */
export interface Fault {
  name: string
  /** It ends a process, and is counted by kills. */
  isKill: boolean
  /** What Redis alone has acknowledged may be gone afterwards. */
  losesRedis?: boolean
  /** The worker may end by itself, as postgres.js can end the process when Postgres is gone: docs/operations.md. */
  endsWorker?: boolean
  /** People themselves are cut off: what they wait for is not the server's. */
  isPeoples?: boolean
  /** How often it struck: one for a kill. @throws when the stack does not come up again */
  strike(stack: Stack): Promise<number>
}

/** How long people press between what makes a fault and what ends it, milliseconds. */
const WHILE_MS = 500
/**
 * A link on which little passes is given this long to meet the fault, milliseconds: three of the longest pauses of a drain,
 * which the fault before may have left it in.
 */
const AT_MOST_MS = 15_000
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

const kill = (
  name: string,
  strike: (stack: Stack) => Promise<void>,
  options: Partial<Fault> = {},
): Fault => ({
  name,
  isKill: true,
  strike: async stack => {
    await pause(WHILE_MS / 2)
    await strike(stack)
    return 1
  },
  ...options,
})

const KILLS: Fault[] = [
  kill('application killed', async stack => {
    await stack.killApp()
    await stack.startApp()
  }),
  kill('worker killed', async stack => {
    await stack.killWorker()
    await stack.startWorker()
  }),
  kill('Redis killed', async stack => {
    await stack.killRedis()
    await pause(WHILE_MS)
    await stack.startRedis()
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
  kill(
    'older snapshot restored',
    async stack => {
      await stack.backUpRedis()
      await pause(WHILE_MS)
      await stack.restoreRedis()
    },
    { losesRedis: true },
  ),
  kill(
    'lagging replica promoted',
    async stack => {
      await stack.startReplica()
      stack.links.replication.silence()
      await pause(WHILE_MS)
      await stack.promoteReplica()
    },
    { losesRedis: true },
  ),
]

/** Postgres' own protocol has a state: nothing on its way there can be doubled but by breaking it. REST can. */
const canStrike = (link: string, fault: string) => link !== 'wire' || fault !== 'duplicated'

const LINKS = { people: 'people', redis: 'Redis', rest: 'REST', wire: 'Postgres' } as const

const ON_LINKS: Fault[] = Object.entries(LINKS).flatMap(([key, place]) =>
  LINK_FAULTS.filter(fault => canStrike(key, fault)).map(fault => ({
    name: `${place}: ${fault}`,
    isKill: false,
    isPeoples: key === 'people',
    async strike({ links }: Stack) {
      const link = links[key as keyof typeof LINKS]
      const before = link.injected
      link.fault = fault
      await pause(WHILE_MS)
      for (const end = Date.now() + AT_MOST_MS; link.injected === before && Date.now() < end; )
        await pause(10)
      link.heal()
      return link.injected - before
    },
  })),
)

export const FAULTS: readonly Fault[] = [...KILLS, ...ON_LINKS]
