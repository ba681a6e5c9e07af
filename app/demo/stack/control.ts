import { createConnection } from 'node:net'

/** Something that the local stack lets go wrong. */
export interface Fault {
  id: string
  isOn: boolean
  /** Why it cannot begin now; null: it can. */
  refusal: string | null
}

/**
 * Where the local stack takes commands: in development, when `npm run dev` runs on this machine alone, which names its
 * socket. Null anywhere else.
 */
export function stackSocket(): string | null {
  if (process.env.NODE_ENV !== 'development') return null
  return process.env.ONECOUNT_DEV_CONTROL || null
}

/** What can go wrong, as it is now. @throws Error when the stack does not answer */
export async function readFaults(socket: string): Promise<Fault[]> {
  return parseFaults(await send(socket, ['faults']))
}

/** Begins or ends a fault; resolves when it is done. @throws Error what the stack says against it */
export async function turnFault(socket: string, id: string, on: boolean): Promise<void> {
  await send(socket, [on ? 'begin' : 'end', id])
}

/** `slow: off`, or `cut: off, and cannot begin: why`; a line a fault. */
export const parseFaults = (text: string): Fault[] =>
  text.split('\n').flatMap(line => {
    const [, id, state, refusal = null] = /^([\w-]+): (on|off)(?:, and cannot begin: (.+))?$/.exec(line) ?? []
    return id ? [{ id, isOn: state === 'on', refusal }] : []
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
