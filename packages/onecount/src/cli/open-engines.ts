import { createEngines, type Engines, type EnginesOptions } from '../core/engines'
import type { Kind } from '../core/kind'
import type { PostgresPort, RedisPort } from '../core/ports'
import type { Metrics } from '../metrics'
import type { StoreSettings } from './settings'

interface Stores {
  redis: RedisPort
  postgresOf(kind: Kind): PostgresPort
  /** Counts what the engines do. */
  metrics?: Metrics
}

/** The engines of these kinds, as the settings say. @throws OnecountError `misconfigured` */
export function openEngines(
  settings: StoreSettings,
  kinds: readonly Kind[],
  { redis, postgresOf, metrics }: Stores,
  options: Omit<EnginesOptions, 'redis' | 'postgres'>,
): Engines {
  const engines = createEngines(
    { kinds: Object.fromEntries(kinds.map(kind => [kind.name, kind])) },
    {
      redis: metrics?.redis(redis) ?? redis,
      postgres: kind => metrics?.postgres(postgresOf(kind)) ?? postgresOf(kind),
      ...layoutOf(settings),
      redisId: settings.redisId,
      ...options,
    },
  )
  return metrics?.watch(engines) ?? engines
}

/** How an engine is to lay out its keys. */
export const layoutOf = ({ partitions = 1, likers = true }: StoreSettings) => ({
  partitions,
  indexes: { likers },
})
