import type { Cluster, Redis } from 'ioredis'
import { parseAck } from '../../core/ack'
import type { Engines } from '../../core/engines'
import type { Kind } from '../../core/kind'
import { withTimeout } from '../../core/with-timeout'
import type { Metrics } from '../../metrics'
import { selectDatabase } from '../../redis/database'
import { openBroadcast } from '../broadcast'
import { assertAnswers, openDatabase } from '../connect'
import { openEngines } from '../open-engines'
import { createRedis } from '../open-redis'
import { MissingSetting, type StoreSettings } from '../settings'
import { redisUnreachable } from '../unreachable'
import type { ServeLog } from './log'

/** Deadline of one call to Postgres, milliseconds: a visitor waits for it. */
const POSTGRES_MS = 5000
/** A store that has not answered by then is named when the server begins, milliseconds. */
const LOOK_MS = 3000
/** Connections of one process to Postgres. */
const CONNECTIONS = 10

export interface ServedStores {
  engines: Engines
  /** Connects, and says which store does not answer: serving goes on without it. Resolves when both were asked. */
  begin(): Promise<void>
  close(): Promise<void>
}

/** The engines on the stores of the settings; they need not be there. @throws MissingSetting */
export async function openStores(
  settings: StoreSettings,
  kinds: readonly Kind[],
  env: Record<string, string | undefined>,
  log: ServeLog,
  { broadcasts = false, metrics }: { broadcasts?: boolean; metrics?: Metrics } = {},
): Promise<ServedStores> {
  const deadline = deadlineOf(env.ONECOUNT_REDIS_DEADLINE_MS)
  const broadcast = await openBroadcast(broadcasts, settings)
  const redis = await createRedis(settings, { lazyConnect: true, ...deadline })
  const postgres = await openDatabase(settings, POSTGRES_MS, CONNECTIONS)
  const engines = openEngines(
    settings,
    kinds,
    { redis: redis.port, postgresOf: kind => postgres.storeOf(kind).port, metrics },
    {
      takeOver: env.ONECOUNT_TAKE_OVER === '1',
      broadcast,
      ack: parseAck(env.ONECOUNT_ACK),
      log: { warn: log.warn },
    },
  )

  async function lookAtRedis(): Promise<void> {
    const cause =
      (await connected(redis.client)) ?? (redis.cluster ? undefined : await refusedOf(redis.client))
    if (cause) log.warn(`${redisUnreachable(cause, settings).message}. Serving without it until it answers`)
  }

  async function lookAtPostgres(): Promise<void> {
    const asked = Promise.all(
      kinds.map(kind => assertAnswers(postgres.storeOf(kind).port, { ...settings, kind })),
    )
    const late = () => {
      throw new Error('Postgres does not answer (no answer in time): see that it runs')
    }
    await withTimeout(asked, LOOK_MS, late).catch(error => {
      log.warn(`${error.message}. Serving without it until it answers`)
    })
  }

  return {
    engines,
    async begin() {
      await Promise.all([lookAtRedis(), lookAtPostgres()])
    },
    async close() {
      redis.client.disconnect()
      await postgres.end()
    },
  }
}

/** That of the driver where nothing is said. @throws MissingSetting */
function deadlineOf(text: string | undefined) {
  if (!text) return {}
  const ms = Number(text)
  if (!Number.isInteger(ms) || ms < 10 || ms > 60_000)
    throw new MissingSetting(
      `ONECOUNT_REDIS_DEADLINE_MS ${text} is no time that a call may take: use milliseconds from 10 to 60000`,
    )
  return { commandTimeout: ms }
}

/** Why a connection is on another database than its own; undefined: it is not. */
const refusedOf = (client: Redis): Promise<unknown> =>
  selectDatabase(client).then(
    () => undefined,
    error => error,
  )

/** Why there is no connection yet; undefined: there is. */
async function connected(client: Redis | Cluster): Promise<unknown> {
  let cause: unknown
  const note = (error: unknown) => {
    cause = error
  }
  client.on('error', note)
  client.connect().catch(() => {})
  if (client.status !== 'ready')
    await new Promise<void>(resolve => {
      client.once('ready', resolve)
      setTimeout(resolve, LOOK_MS).unref()
    })
  client.off('error', note)
  return client.status === 'ready' ? undefined : (cause ?? new Error('no answer in time'))
}
