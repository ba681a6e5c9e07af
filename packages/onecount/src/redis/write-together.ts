import type { Command, Redis } from 'ioredis'

/**
 * Writes the commands of one turn of the process with one call of the system: ioredis makes one for each command, which
 * costs both sides more than the command itself. What is sent alone leaves as soon as the turn's promises have settled,
 * before anything else is read.
 */
export function writeTogether(client: Redis): Redis {
  const send = client.sendCommand.bind(client)
  let held: Redis['stream'] | undefined
  client.sendCommand = (command: Command, stream) => {
    if (held !== client.stream && client.stream) {
      const holding = client.stream
      holding.cork()
      held = holding
      process.nextTick(() => {
        holding.uncork()
        if (held === holding) held = undefined
      })
    }
    return send(command, stream)
  }
  return client
}
