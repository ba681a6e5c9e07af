import { once } from 'node:events'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { createOnecount, type Kind, type Onecount, type OnecountOptions } from 'onecount'
import { kindSql, postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import type postgres from 'postgres'
import type { Sql } from 'postgres'
import { connect } from './databases'
import { namesOf, SCHEMA } from './kinds'
import { PATIENT_MS } from './stores'

/** A real Redis and a real Postgres with the tables of applications, in a database of its own for each test. */
export async function startKindStores() {
  const [server, redis] = await Promise.all([startPostgresServer({ fsync: false }), startRedisServer()])
  const command = new Redis(redis.url)
  const clients: Redis[] = []
  /** Connected already: the first instance of a test does not wait for a busy machine. */
  let ready: Redis | undefined
  const connections: Sql[] = []
  const connectRedis = () => {
    const client = createRedisClient(redis.url, { commandTimeout: PATIENT_MS })
    clients.push(client)
    return client
  }
  let databases = 0
  let databaseUrl = ''
  let sql: Sql

  return {
    /** Any command of Redis. */
    redis: command,
    redisUrl: redis.url,
    /** The database that was begun last, and a connection as its owner. */
    get databaseUrl() {
      return databaseUrl
    },
    get sql() {
      return sql
    },

    /** An empty Redis, and a new database that has the tables of applications and these kinds. */
    async begin(...kinds: Kind[]): Promise<Sql> {
      await this.beginEmpty()
      await sql.unsafe(SCHEMA)
      for (const kind of kinds) await sql.unsafe(kindSql(kind))
      return sql
    },

    /** An empty Redis, and a new database without any table. */
    async beginEmpty(options: postgres.Options<Record<string, never>> = {}): Promise<Sql> {
      await command.flushall()
      ready ??= connectRedis()
      if (ready.status !== 'ready') await once(ready, 'ready')
      databaseUrl = await server.createDatabase(`k${databases++}`)
      sql = connect(databaseUrl, options)
      connections.push(sql)
      return sql
    },

    /** A new connection of an application to Redis. */
    redisPort() {
      const client = ready ?? connectRedis()
      ready = undefined
      return ioredisPort(client)
    },

    /** The ports of one instance of the application. */
    ports(kind: Kind) {
      const options = { timeoutMs: PATIENT_MS, ...(!kind.isDefault && { kind }) }
      return { redis: this.redisPort(), postgres: postgresJsPort(sql, options) }
    },

    /** One instance of the application. */
    instance(kind: Kind, { settings, ...options }: Partial<OnecountOptions> = {}): Onecount {
      return createOnecount({
        ...this.ports(kind),
        log: { warn() {} },
        settings: { deadlineMs: PATIENT_MS, ...settings },
        ...options,
      })
    },

    /** Changes rows as a restore does: without the triggers that notice edits by hand. */
    unnoticed: (kind: Kind, statement: string) =>
      sql.begin(async tx => {
        await tx`select set_config(${namesOf(kind).applying}, 'on', true)`
        await tx.unsafe(statement)
      }),

    /** Closes what was opened since the last call. */
    async end(): Promise<void> {
      ready = undefined
      for (const client of clients.splice(0)) client.disconnect()
      for (const connection of connections.splice(0)) await connection.end({ timeout: 2 })
    },

    async stop(): Promise<void> {
      command.disconnect()
      await Promise.all([server.stop(), redis.kill()])
    },
  }
}

export type KindStores = Awaited<ReturnType<typeof startKindStores>>
