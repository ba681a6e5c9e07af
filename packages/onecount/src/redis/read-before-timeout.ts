import type { Command, Redis } from 'ioredis'
import { isSettled } from './settled'

const TIMED_OUT = 'Command timed out'

/**
 * A process that was busy runs its timers before it reads what has arrived meanwhile, so that a call would be late whose
 * answer is there: while pages are compiled or a server starts, Redis would seem unreachable. A call that ran out of
 * time fails only after what has arrived was read. Costs nothing in time where no call is late.
 */
export function readBeforeTimeout(client: Redis): Redis {
  const send = client.sendCommand.bind(client)
  client.sendCommand = (command: Command, stream) => {
    const { reject } = command
    command.reject = error => {
      if (error.message !== TIMED_OUT) return reject(error)
      // Node reads sockets between its timers and this.
      setImmediate(() => {
        if (!isSettled(command)) reject(error)
      })
    }
    return send(command, stream)
  }
  return client
}
