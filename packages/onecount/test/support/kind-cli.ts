import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { createOnecount, type Kind, type Onecount } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import type { Sql } from 'postgres'
import { connect } from './databases'
import { namesOf, SCHEMA } from './kinds'

const BIN = join(import.meta.dirname, '../../bin/onecount.mjs')

/** Both stores, and the command in a folder with these configurations, by the names of their files. */
export async function startKindCli(configurations: Record<string, Record<string, Kind>>) {
  const [server, redis] = await Promise.all([startPostgresServer({ fsync: false }), startRedisServer()])
  const command = new Redis(redis.url)
  const folder = await mkdtemp(join(tmpdir(), 'onecount-kinds-'))
  for (const [name, kinds] of Object.entries(configurations))
    await writeFile(join(folder, name), `export default ${JSON.stringify({ kinds })}`)
  const clients: Redis[] = []
  let databases = 0
  let databaseUrl = ''
  let sql: Sql
  let settings: Record<string, string> = {}

  const run = (...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>(resolve =>
      execFile(
        process.execPath,
        [BIN, ...args],
        {
          cwd: folder,
          env: {
            NODE_ENV: 'test',
            PATH: process.env.PATH,
            REDIS_URL: redis.url,
            DATABASE_URL: databaseUrl,
            ONECOUNT_SECRET: 'x'.repeat(40),
            ...settings,
          },
        },
        (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
      ),
    )

  return {
    command,
    databaseUrl: () => databaseUrl,
    run,

    /** What a command prints with --json. */
    async json(...args: string[]) {
      const { code, out, err } = await run(...args, '--json')
      return { code, report: out ? JSON.parse(out) : null, err }
    },

    /** An empty Redis, and a database with the tables of applications. */
    async begin(): Promise<Sql> {
      await command.flushall()
      databaseUrl = await server.createDatabase(`c${databases++}`)
      sql = connect(databaseUrl)
      await sql.unsafe(SCHEMA)
      return sql
    },

    /** Settings of the commands until the test ends. */
    through(given: Record<string, string>): void {
      settings = given
    },

    async end(): Promise<void> {
      settings = {}
      for (const client of clients.splice(0)) client.disconnect()
      await sql.end()
    },

    /** The application. */
    instance(kind: Kind, partitions = 1): Onecount {
      const client = createRedisClient(redis.url, { commandTimeout: 5000 })
      clients.push(client)
      const postgres = postgresJsPort(sql, { kind })
      return createOnecount({ redis: ioredisPort(client), postgres, partitions, log: { warn() {} } })
    },

    /** Changes rows as a restore does: without the triggers that notice edits by hand. */
    unnoticed: (kind: Kind, statement: string) =>
      sql.begin(async tx => {
        await tx`select set_config(${namesOf(kind).applying}, 'on', true)`
        await tx.unsafe(statement)
      }),

    async stop(): Promise<void> {
      command.disconnect()
      await Promise.all([server.stop(), redis.kill(), rm(folder, { recursive: true })])
    },
  }
}

export type KindCli = Awaited<ReturnType<typeof startKindCli>>
