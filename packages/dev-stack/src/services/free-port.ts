import { createServer, type Server } from 'node:net'

/** How many ports after the preferred one are tried. */
const TRIED = 100

/** A program found its port in use. Between looking for a free port and listening on it another program may come. */
export class PortInUse extends Error {
  override readonly name = 'PortInUse'
}

/** Whether the last words of a program say that its port was in use. */
export const saysPortInUse = (words: string): boolean => /EADDRINUSE|address already in use/i.test(words)

/** A port that no program uses right now, chosen by the system. */
export function freePort(): Promise<number> {
  return probe(0, '127.0.0.1')
}

/**
 * Starts a program that is told its port: on the preferred port, or the next one that is free. A port that is in use
 * between looking and listening is tried no more.
 *
 * @param preferred 0: chosen by the system
 * @param start throws PortInUse where the program finds its port in use
 */
export async function onFreePort<T>(
  preferred: number,
  start: (port: number) => Promise<T>,
  host = '127.0.0.1',
): Promise<T> {
  let from = preferred
  for (let attempt = 0; attempt < TRIED; attempt++) {
    const port = preferred === 0 ? await probe(0, host) : await firstFreePort(from, preferred + TRIED, host)
    try {
      return await start(port)
    } catch (error) {
      if (!(error instanceof PortInUse)) throw error
      from = port + 1
    }
  }
  throw noneFree(preferred)
}

/** How long a port that a program had may be used by a connection of another one, milliseconds. */
const FREED_MS = 30_000

/** Opens the port of a program that has ended: the system may have given it to a connection meanwhile. */
export async function openAgain<T>(open: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + FREED_MS; ; ) {
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof PortInUse || saysPortInUse(String(error))) || Date.now() > end) throw error
    }
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

/** Listens where a program has ended. */
export const listenAgain = (server: Server, port: number): Promise<number> =>
  openAgain(() => listenOnLoopback(server, port, { exact: true }))

/**
 * Keeps the port of a program that is down from other programs: whoever connects is turned away. Where another one has
 * the port already it is left alone.
 *
 * @returns what lets the port go
 */
export async function holdPort(port: number): Promise<() => Promise<void>> {
  const server = createServer(socket => socket.on('error', () => {}).resetAndDestroy())
  server.unref()
  const held = await listen(server, port, '127.0.0.1').catch(error => {
    if (!isInUse(error)) throw error
  })
  return async () => {
    if (held && server.listening) await new Promise(resolve => server.close(resolve))
  }
}

/**
 * Listens on loopback: on the preferred port, or the next one that is free.
 *
 * @param exact the preferred port or none
 * @returns the port
 */
export async function listenOnLoopback(
  server: Server,
  preferred: number,
  { exact = false } = {},
): Promise<number> {
  for (let port = preferred; port < preferred + (exact ? 1 : TRIED) && port <= 65535; port++) {
    try {
      return await listen(server, port, '127.0.0.1')
    } catch (error) {
      if (!isInUse(error)) throw error
    }
  }
  throw exact ? new Error(`port ${preferred} is in use (EADDRINUSE)`) : noneFree(preferred)
}

async function firstFreePort(from: number, end: number, host: string): Promise<number> {
  for (let port = from; port < end && port <= 65535; port++) {
    const free = await probe(port, host).catch(error => {
      // A port below 1024 may be refused to this user: the next one is not better, and the program says why.
      if (!isInUse(error)) throw error
      return null
    })
    if (free !== null) return free
  }
  throw noneFree(end - TRIED)
}

const noneFree = (preferred: number) =>
  new Error(`no port between ${preferred} and ${Math.min(preferred + TRIED - 1, 65535)} is free`)

const isInUse = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EADDRINUSE'

async function probe(port: number, host: string): Promise<number> {
  const server = createServer()
  const free = await listen(server, port, host)
  await new Promise(resolve => server.close(resolve))
  return free
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as { port: number }).port)
    })
  })
}
