import type { StoreUnavailable } from './errors'
import type { Logger } from './ports'

/** The same cause is logged once in this time, milliseconds. */
const QUIET_MS = 10 * 60_000
/** A process that Redis has refused no press for this long does not know any more, milliseconds. */
const KNOWN_MS = 60_000

/** What Redis answers to every press until an operator changes something, and what to change. */
const REMEDIES = {
  OOM: 'its memory is full: raise maxmemory, or give it more memory',
  NOPERM: 'its user lacks rights: npx onecount doctor names them',
  NOREPLICAS: 'fewer replicas are connected than min-replicas-to-write: start them, or lower it',
  MISCONF: 'it cannot write its data to disk: free the disk, and see its log',
} as const

const REPLY = new RegExp(`(?:^|[(:] ?-?)(${Object.keys(REMEDIES).join('|')}) `)
/** Redis 7 refuses a command within a script without a code. */
const NO_RIGHT = /user executing the script can't|ACL failure in script/i

function codeOf(message: string): keyof typeof REMEDIES | undefined {
  if (NO_RIGHT.test(message)) return 'NOPERM'
  return REPLY.exec(message)?.[1] as keyof typeof REMEDIES | undefined
}

/** Which presses Redis refuses although it answers: Postgres takes them, and nothing else would show it. */
export function createRefusedPresses(log: Logger, elapsed: () => number) {
  let warning: string | null = null
  let at = 0
  let saidAt = 0

  return {
    /** A press has failed in Redis. */
    note({ message }: StoreUnavailable): void {
      const code = codeOf(message)
      if (!code) return
      const text = `redis refuses presses, and Postgres takes them (${code}): ${REMEDIES[code]}`
      at = elapsed()
      if (text === warning && at - saidAt < QUIET_MS) return
      warning = text
      saidAt = at
      log.warn(text)
    },
    /** What to change; null: Redis has refused none lately. */
    warning: (): string | null => (elapsed() - at < KNOWN_MS ? warning : null),
  }
}

export type RefusedPresses = ReturnType<typeof createRefusedPresses>
