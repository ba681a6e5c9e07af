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
/** Redis 7 refuses a command within a script without a code, and does not say which. */
const WITHIN_A_SCRIPT = /user executing the script can't|ACL failure in script/i

/** Whether the user of the connection lacks the right to a command that a script calls. */
export const isForbiddenInScript = (message: string): boolean => WITHIN_A_SCRIPT.test(message)

type Code = keyof typeof REMEDIES

function codeOf(message: string): Code | undefined {
  if (isForbiddenInScript(message)) return 'NOPERM'
  return REPLY.exec(message)?.[1] as Code | undefined
}

/** Which presses Redis refuses although it answers: Postgres takes them, and nothing else would show it. */
export function createRefusedPresses(log: Logger, elapsed: () => number) {
  let warning: string | null = null
  let at = 0
  const saidAt = new Map<Code, number>()

  return {
    /** A press has failed in Redis. */
    note({ message }: StoreUnavailable): void {
      const code = codeOf(message)
      if (!code) return
      warning = `redis refuses presses, and Postgres takes them (${code}): ${REMEDIES[code]}`
      at = elapsed()
      if (at - (saidAt.get(code) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return
      saidAt.set(code, at)
      log.warn(warning)
    },
    /** What to change; null: Redis has refused none lately. */
    warning: (): string | null => (elapsed() - at < KNOWN_MS ? warning : null),
  }
}

export type RefusedPresses = ReturnType<typeof createRefusedPresses>
