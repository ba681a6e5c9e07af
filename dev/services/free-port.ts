import { createServer } from 'node:net'

/** A port that nobody uses right now. */
export function freePort(): Promise<number> {
  return listenOn(0)
}

/** The preferred port, or the next one after it that is free. */
export async function firstFreePort(preferred: number): Promise<number> {
  for (let port = preferred; port < preferred + 100; port++) {
    const free = await listenOn(port).catch(() => null)
    if (free !== null) return free
  }
  throw new Error(`no port between ${preferred} and ${preferred + 99} is free`)
}

function listenOn(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve((address as { port: number }).port))
    })
  })
}
