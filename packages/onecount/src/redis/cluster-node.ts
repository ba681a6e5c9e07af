import type { Command, Redis } from 'ioredis'
import { readBeforeTimeout } from './read-before-timeout'

/**
 * A script's keys are split between two nodes, or some do not exist, while their slot moves: nothing was executed.
 * ioredis would send the command to a random node, again and again; under this name it passes the error on.
 */
export class SlotMoving extends Error {
  override readonly name = 'SlotMoving'
}

/**
 * Makes a node's client of an ioredis `Cluster` safe for scripts whose outcome matters:
 *
 * - a command that has failed for its caller is not sent any more, be it from a queue or after a redirection;
 * - TRYAGAIN becomes `SlotMoving`;
 * - a lost ASKING, which ioredis sends ahead of a redirected command, is no unhandled rejection.
 */
export function guardNode(node: Redis): void {
  readBeforeTimeout(node)
  const send = node.sendCommand.bind(node)
  node.sendCommand = (command: Command, stream) => {
    if (command.isSettled) return command.promise
    const { reject } = command
    command.reject = error =>
      reject(error.message.startsWith('TRYAGAIN') ? new SlotMoving(error.message) : error)
    const sent = send(command, stream)
    if (command.name === 'asking') Promise.resolve(sent).catch(() => {})
    return sent
  }
}
