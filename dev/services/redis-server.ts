import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from './free-port'
import { findProgram, type Running, run, until } from './process'

export interface RedisServer extends Running {
  url: string
  port: number
  /** Where its files are. */
  dir: string
}

export interface RedisServerOptions {
  /** Keeps an append-only file there; without one nothing is kept. */
  dir?: string
  port?: number
  /** More arguments for the server. */
  args?: string[]
}

/** The Redis (or Valkey) server of this machine, if there is one. */
export const findRedisServer = (): string | undefined => findProgram(['redis-server', 'valkey-server'])

/** Starts a real Redis on loopback and waits until it answers. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const program = findRedisServer()
  if (!program) throw new Error('there is no redis-server on PATH: install Redis or Valkey')
  const port = options.port ?? (await freePort())
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'onecount-redis-')))
  await mkdir(dir, { recursive: true })
  const server = run(program, [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''],
    ...['--appendonly', options.dir ? 'yes' : 'no', '--maxmemory-policy', 'noeviction'],
    ...(options.args ?? []),
  ])
  await until('redis-server', server, () => pings(port))
  if (options.dir) await writeFile(join(dir, PORT_FILE), String(port))
  const ended = async (end: () => Promise<void>) => {
    await end()
    if (!options.dir) await rm(dir, { recursive: true, force: true })
  }
  return {
    ...server,
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    stop: graceMs => ended(() => server.stop(graceMs)),
    kill: () => ended(server.kill),
  }
}

const PORT_FILE = 'port'

/**
 * A Redis that outlived whoever started it is asked to save and end: two of them would write the same files. One that
 * has another folder is somebody else's.
 */
export async function endLeftOverRedis(dir: string): Promise<void> {
  const port = Number(await readFile(join(dir, PORT_FILE), 'utf8').catch(() => ''))
  if (!port || !(await pings(port))) return
  const client = new Redis(port, '127.0.0.1', { retryStrategy: null, maxRetriesPerRequest: 0 })
  client.on('error', () => {})
  try {
    const [, theirs] = (await client.config('GET', 'dir')) as string[]
    if (theirs !== (await realpath(dir))) return
    const ended = new Promise(resolve => client.once('end', resolve))
    await client.shutdown().catch(() => {})
    await ended
  } finally {
    client.disconnect()
  }
}

/** Whether a Redis on this port answers PING with PONG; not while it is still loading. */
function pings(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.setTimeout(1000, () => socket.destroy())
    socket.once('data', data => {
      resolve(String(data).startsWith('+PONG'))
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
