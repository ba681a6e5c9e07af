import { SCRIPTS } from 'onecount/redis'
import type { FaultProxy } from '../network/fault-proxy'
import type { Fault } from './faults'

/** Scripts that accept a press. */
const PRESSES = [SCRIPTS.write, SCRIPTS.press]
/** As much of a script as tells it from the others. */
const BEGINNING = 80

interface KillFaultOptions {
  /** The way to Redis, where the press is seen; null: there is none that this stack has started. */
  link: FaultProxy | null
  /** SIGKILL; resolves when the application is gone. */
  kill(): Promise<void>
  /** Starts it again at the same address; resolves when it answers. */
  start(): Promise<unknown>
}

export interface KillFault extends Fault {
  /** Settles when the application runs again; null while it was not killed. */
  revived(): Promise<void> | null
}

/**
 * Kills the application in the middle of the next press: Redis has it, and the answer has not left. It is started again at
 * once, as whatever watches over a server does, and then the fault is over.
 */
export function createKillFault({ link, kill, start }: KillFaultOptions): KillFault {
  let revived: Promise<void> | null = null

  async function revive(): Promise<void> {
    try {
      await kill()
      await start()
    } finally {
      revived = null
    }
  }

  return {
    id: 'kill-app',
    isOn: () => revived !== null || (link?.isArmed ?? false),
    refusal: () =>
      link ? null : 'It looks for the press on its way to Redis, and no Redis over TCP was started here.',
    async begin() {
      link?.arm({
        isRequest: isPress,
        isDone: isAccepted,
        strike() {
          revived = revive()
          revived.catch(() => {})
        },
      })
    },
    async end() {
      link?.disarm()
      await revived
    },
    revived: () => revived,
  }
}

const isPress = (data: Buffer): boolean =>
  PRESSES.some(({ sha1, source }) => data.includes(sha1) || data.includes(source.slice(0, BEGINNING)))

/** Redis has the op; with any other answer the application would call again. */
const isAccepted = (data: Buffer): boolean => data.includes('\r\nWARM\r\n') || data.includes('\r\nCOLD\r\n')
