import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { findPostgresBin } from './find-postgres'
import { onFreePort, PortInUse, saysPortInUse } from './free-port'
import { type Running, run, until } from './process'

export interface PostgresServer extends Running {
  /** Of the superuser, database `postgres`. */
  url: string
  port: number
  /** An empty database of its own; answers its address. */
  createDatabase(name: string): Promise<string>
}

export interface PostgresServerOptions {
  /** Kept after the end; without one the data is in a temporary folder. */
  dir?: string
  port?: number
  /** Off: faster, and a crash of the machine (not of the program) may lose data. */
  fsync?: boolean
}

/** Names a data folder that is copied for a new server, where `initdb` would take a second. */
const PREPARED = 'ONECOUNT_POSTGRES_PREPARED'

/** Starts a real PostgreSQL on loopback. It refuses to run as root: root runs it as the user `postgres`. */
export async function startPostgresServer(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const bin = findPostgresBin()
  if (!bin) throw new Error('there is no PostgreSQL server on this machine: install PostgreSQL 14 or newer')
  const user = process.getuid?.() === 0 ? userIds('postgres') : undefined
  const root = resolve(options.dir ?? (await mkdtemp(join(tmpdir(), 'onecount-postgres-'))))
  await mkdir(root, { recursive: true, mode: 0o700 })
  if (user) await chown(root, user.uid, user.gid)
  const data = join(root, 'data')
  if (!existsSync(join(data, 'PG_VERSION'))) {
    const prepared = process.env[PREPARED]
    const args = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C']
    await (prepared
      ? promisify(execFile)('cp', ['-R', prepared, data], { ...user, cwd: root })
      : promisify(execFile)(join(bin, 'initdb'), args, { ...user, cwd: root }))
  }
  const start = (port: number) =>
    startOn(port, join(bin, 'postgres'), root, { user, fsync: options.fsync ?? true })
  const server = await (options.port === undefined ? onFreePort(0, start) : start(options.port))
  const ended = async (end: () => Promise<void>) => {
    await end()
    if (!options.dir) await rm(root, { recursive: true, force: true })
  }
  return {
    ...server,
    // Fast shutdown: Postgres waits for its clients after SIGTERM.
    stop: () =>
      ended(async () => {
        server.child.kill('SIGINT')
        await server.stop()
      }),
    kill: () => ended(server.kill),
    async createDatabase(name) {
      await query(server.url, `create database "${name}"`)
      return server.url.replace(/postgres$/, name)
    },
  }
}

/**
 * Makes the data folder that servers of this process and of those that it starts begin with. Answers what removes it.
 *
 * For programs that start many servers, as a run of all tests does.
 */
export async function preparePostgres(): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'onecount-prepared-'))
  const server = await startPostgresServer({ dir, fsync: false })
  // As since PostgreSQL 15: each database is a copy of this one.
  await query(server.url.replace(/postgres$/, 'template1'), 'revoke create on schema public from public')
  await server.stop()
  process.env[PREPARED] = join(dir, 'data')
  return async () => {
    delete process.env[PREPARED]
    await rm(dir, { recursive: true, force: true })
  }
}

interface StartOptions {
  user: { uid: number; gid: number } | undefined
  fsync: boolean
}

/** @throws PortInUse */
async function startOn(port: number, program: string, root: string, { user, fsync }: StartOptions) {
  const data = join(root, 'data')
  const settings = { fsync: fsync ? 'on' : 'off', listen_addresses: '127.0.0.1', max_connections: 200 }
  const args = ['-D', data, '-p', String(port), '-k', root]
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`)
  const server = run(program, args, { ...user, cwd: root })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  // Another Postgres may have opened the port meanwhile and answer instead: this one ends then.
  const isOurs = async () => (await query(url, 'show data_directory'))[0]?.data_directory === data
  await until('postgres', server, isOurs).catch(error => {
    throw saysPortInUse(server.lastWords()) ? new PortInUse(String(error.message)) : error
  })
  return { ...server, url, port }
}

async function query(url: string, text: string) {
  const sql = postgres(url, { max: 1, onnotice() {}, connect_timeout: 2 })
  try {
    return await sql.unsafe(text)
  } finally {
    await sql.end()
  }
}

function userIds(name: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
