import { createConnection } from 'node:net'

/** A store of the local stack. */
export interface StackPart {
  id: string
  isRunning: boolean
}

/**
 * Where the local stack takes commands: in development, when `npm run dev` runs on this machine alone, which names its
 * socket. Null anywhere else.
 */
export function stackSocket(): string | null {
  if (process.env.NODE_ENV !== 'development') return null
  return process.env.ONECOUNT_DEV_CONTROL || null
}

/** The stores that the stack has started, as they are now. @throws Error when it does not answer */
export async function readParts(socket: string): Promise<StackPart[]> {
  return parseStatus(await send(socket, ['status']))
}

/** Stops or starts a store; resolves when it is done. @throws Error what the stack says against it */
export async function switchPart(socket: string, id: string, on: boolean): Promise<void> {
  await send(socket, [on ? 'start' : 'stop', id])
}

/** `redis: running`, a line a store. */
export const parseStatus = (text: string): StackPart[] =>
  text.split('\n').flatMap(line => {
    const [, id, state] = /^(\w+): (running|stopped)$/.exec(line) ?? []
    return id ? [{ id, isRunning: state === 'running' }] : []
  })

async function send(path: string, words: readonly string[]): Promise<string> {
  const socket = createConnection({ path, allowHalfOpen: true })
  socket.end(words.join(' '))
  let reply = ''
  for await (const chunk of socket.setEncoding('utf8')) reply += chunk
  const { text, isError } = JSON.parse(reply) as { text: string; isError: boolean }
  if (isError) throw new Error(text)
  return text
}
