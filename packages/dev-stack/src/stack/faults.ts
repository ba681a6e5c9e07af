import type { FaultProxy } from '../network/fault-proxy'
import type { Part } from '../part'

/** Something that goes wrong from `begin` to `end`. */
export interface Fault {
  /** What commands call it. */
  id: string
  isOn(): boolean
  /** Why it cannot begin now; null: it can. */
  refusal(): string | null
  begin(): Promise<void>
  end(): Promise<void>
}

/** The ways of the application to the stores that run here. */
export interface StoreLinks {
  redis: FaultProxy | null
  supabase: FaultProxy | null
}

/** How much later a reply arrives, milliseconds: less than the application waits for Redis. */
export const SLOW_MS = { redis: 100, supabase: 500 }

/** What can go wrong with the stores. Those that the stack has not started are left alone. */
export function storeFaults(parts: readonly Part[], links: StoreLinks): Fault[] {
  const find = (id: string) => parts.find(part => part.id === id)
  const ways = Object.entries(links).filter((way): way is [keyof StoreLinks, FaultProxy] => way[1] !== null)
  return [
    stopOf('stop-redis', 'Redis', find('redis')),
    loseOf('lose-redis', 'Redis', find('redis')),
    stopOf('stop-postgres', 'Postgres', find('supabase')),
    networkFault(
      'slow',
      ways,
      ([name, link]) => {
        link.replyDelayMs = SLOW_MS[name]
      },
      ([, link]) => {
        link.replyDelayMs = 0
      },
      ([, link]) => link.replyDelayMs > 0,
    ),
    networkFault(
      'cut',
      ways,
      ([, link]) => link.cut(),
      ([, link]) => link.heal(),
      ([, link]) => link.isCut,
    ),
  ]
}

const notHere = (name: string) => `This stack has not started ${name}, and leaves it alone.`

const stopOf = (id: string, name: string, part: Part | undefined): Fault => ({
  id,
  isOn: () => part !== undefined && !part.isRunning() && !part.isLost(),
  refusal() {
    if (!part) return notHere(name)
    return part.isLost() ? `${name} is lost already.` : null
  },
  begin: async () => part?.stop(),
  end: async () => part?.start(),
})

const loseOf = (id: string, name: string, part: Part | undefined): Fault => ({
  id,
  isOn: () => part?.isLost() ?? false,
  refusal() {
    if (!part?.lose) return notHere(name)
    return part.isRunning() || part.isLost() ? null : `${name} is stopped already.`
  },
  begin: async () => part?.lose?.(),
  end: async () => part?.start(),
})

type Way = [keyof StoreLinks, FaultProxy]

const networkFault = (
  id: string,
  ways: readonly Way[],
  begin: (way: Way) => void,
  end: (way: Way) => void,
  isOn: (way: Way) => boolean,
): Fault => ({
  id,
  isOn: () => ways.some(isOn),
  refusal: () =>
    ways.length > 0 ? null : 'This stack has started no store: their connections are not its own.',
  begin: async () => ways.forEach(begin),
  end: async () => ways.forEach(end),
})
