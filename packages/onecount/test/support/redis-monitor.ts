import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'

/** Every command that the server executes while the work goes on, also those of scripts, in order. */
export async function monitored(client: Redis, work: () => Promise<unknown>): Promise<string[][]> {
  const monitor = await client.monitor()
  const commands: string[][] = []
  const [begin, end] = [randomUUID(), randomUUID()]
  const isOver = new Promise<void>(resolve => {
    monitor.on('monitor', (_time: string, args: string[]) => {
      commands.push(args)
      if (args[1] === end) resolve()
    })
  })
  try {
    await client.echo(begin)
    await work()
    await client.echo(end)
    await isOver
  } finally {
    monitor.disconnect()
  }
  return commands.slice(commands.findIndex(args => args[1] === begin) + 1, -1)
}
