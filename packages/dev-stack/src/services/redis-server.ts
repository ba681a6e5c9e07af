import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Redis } from 'ioredis'
import { privateFolder, writePrivateFile } from '../private-files'
import { onFreePort, openAgain, PortInUse, saysPortInUse } from './free-port'
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
  /** This port or none; without one any that is free. */
  port?: number
  /** With `port` left out: this port, or the next one that is free. */
  preferredPort?: number
  password?: string
  /** In a process group of its own: Ctrl-C in the terminal does not reach it. Who starts it has to stop it. */
  detached?: boolean
  /** More arguments for the server. */
  args?: string[]
}

/** The Redis (or Valkey) server of this machine, if there is one. */
export const findRedisServer = (): string | undefined => findProgram(['redis-server', 'valkey-server'])

/**
 * Starts a real Redis on loopback and waits until it answers.
 *
 * @throws PortInUse when `port` is in use
 */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const program = findRedisServer()
  if (!program) throw new Error('there is no redis-server on PATH: install Redis or Valkey')
  const { port, preferredPort = 0 } = options
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'onecount-redis-')))
  privateFolder(dir)
  const start = (port: number) => startOn(port, program, dir, options)
  return port === undefined ? onFreePort(preferredPort, start) : start(port)
}

/** Starts another one at the port of one that has ended. */
export const startRedisServerAgain = (options: RedisServerOptions & { port: number }): Promise<RedisServer> =>
  openAgain(() => startRedisServer(options))

async function startOn(
  port: number,
  program: string,
  dir: string,
  options: RedisServerOptions,
): Promise<RedisServer> {
  const { password, detached = false, args = [] } = options
  // In a file: other users of the machine see the arguments of a program.
  const config = resolve(dir, CONFIG_FILE)
  writePrivateFile(config, password ? `requirepass ${password}\n` : '')
  const settings = [
    ...[config, '--port', String(port), '--bind', '127.0.0.1', '--protected-mode', 'yes'],
    ...['--dir', dir, '--save', '', '--appendonly', options.dir ? 'yes' : 'no'],
    ...['--maxmemory-policy', 'noeviction', ...args],
  ]
  const server = run(program, settings, { detached })
  // Another Redis may have opened the port meanwhile and answer instead: this one ends then.
  await until('redis-server', server, async () => (await configOf(port, password)) === config).catch(
    error => {
      throw saysPortInUse(server.lastWords()) ? new PortInUse(String(error.message)) : error
    },
  )
  if (options.dir) writePrivateFile(join(dir, PORT_FILE), String(port))
  const ended = async (end: () => Promise<void>) => {
    await end()
    if (!options.dir) await rm(dir, { recursive: true, force: true })
  }
  return {
    ...server,
    url: `redis://${password ? `:${password}@` : ''}127.0.0.1:${port}`,
    port,
    dir,
    stop: graceMs => ended(() => server.stop(graceMs)),
    kill: () => ended(server.kill),
  }
}

const CONFIG_FILE = 'redis.conf'
const PORT_FILE = 'port'

/** Removes the data of a Redis that does not run; its settings stay. */
export async function forgetRedis(dir: string): Promise<void> {
  await rm(join(dir, 'appendonlydir'), { recursive: true, force: true })
}

/**
 * A Redis that outlived the process that started it is asked to save and end: two of them would write the same files.
 * One with another folder or another password belongs to another program.
 */
export async function endLeftOverRedis(dir: string, password?: string): Promise<void> {
  const port = Number(await readFile(join(dir, PORT_FILE), 'utf8').catch(() => ''))
  if (!port || (await configOf(port, password)) === null) return
  const client = new Redis(port, '127.0.0.1', { password, retryStrategy: null, maxRetriesPerRequest: 0 })
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

/**
 * The configuration file of the Redis that answers on this port, '' where it has none; null where no Redis answers,
 * where it is still loading, and where it refuses the password.
 */
function configOf(port: number, password?: string): Promise<string | null> {
  return new Promise(done => {
    const socket = createConnection(port, '127.0.0.1', () =>
      socket.write(`${password ? `AUTH ${password}\r\n` : ''}PING\r\nINFO server\r\n`),
    )
    let said = ''
    socket.setTimeout(1000, () => socket.destroy())
    socket.on('data', data => {
      said += data
      const config = /^config_file:(.*)\r\n/m.exec(said)?.[1]
      if (config !== undefined && said.includes('+PONG\r\n')) done(config)
      if (config !== undefined || /^-(NOAUTH|LOADING)/m.test(said)) socket.destroy()
    })
    socket.once('error', () => done(null))
    socket.once('close', () => done(null))
  })
}
