import type { Command, Redis } from 'ioredis'
import { readBeforeTimeout } from './read-before-timeout'
import { isSettled } from './settled'
import { writeTogether } from './write-together'

/**
 * A script's keys are split between two nodes, or some do not exist, while their slot moves: nothing was executed.
 * ioredis tells TRYAGAIN by the start of the message and would send the command to a random node, again and again;
 * this error it passes on.
 */
export class SlotMoving extends Error {
  override readonly name = 'SlotMoving'
  constructor(reply: string) {
    super(`the slot moves: ${reply}`)
  }
}

/**
 * Makes a node's client of an ioredis `Cluster` safe for scripts whose outcome matters:
 *
 * - a command that has failed for its caller is not sent any more, be it from a queue or after a redirection;
 * - TRYAGAIN becomes `SlotMoving`;
 * - READONLY is not sent: a replica refuses every script and names its primary, instead of answering from what it has;
 * - a lost ASKING, which ioredis sends ahead of a redirected command, is no unhandled rejection.
 */
export function guardNode(node: Redis): void {
  writeTogether(readBeforeTimeout(node))
  const send = node.sendCommand.bind(node)
  node.sendCommand = (command: Command, stream) => {
    if (isSettled(command)) return command.promise
    if (command.name === 'readonly') return command.resolve(Buffer.from('OK'))
    const { reject } = command
    command.reject = error =>
      reject(error.message.startsWith('TRYAGAIN') ? new SlotMoving(error.message) : error)
    const sent = send(command, stream)
    if (command.name === 'asking') Promise.resolve(sent).catch(() => {})
    return sent
  }
}
