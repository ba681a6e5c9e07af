import { parseAck } from '../core/ack'
import { DEFAULT_KIND, type Kind } from '../core/kind'
import { createOnecount, type Onecount } from '../core/onecount'
import type { Env, OnecountNextConfig, RedisSource } from './config'
import type { Shared } from './shared'
import type { Warnings } from './warnings'

export interface Engines {
  /** Null when Redis is not configured. @throws OnecountError `misconfigured`, naming the setting */
  redis(): RedisSource | null
  /** One engine a process. @throws OnecountError `misconfigured`, naming the setting */
  engine(): Onecount
}

/** The engine on the stores of the environment. Opens no connection until it is used. */
export function createEngines(
  config: OnecountNextConfig,
  env: Env,
  shared: Shared,
  warnings: Warnings,
): Engines {
  const redis = () => shared.once('redis', () => config.redis?.(env, { lazyConnect: true }) ?? null)

  function create(): Onecount {
    if (env.REDIS_URL && !config.redis)
      warnings.warn(
        'REDIS_URL is set and not used: give onecountNext `redis: redisFromEnv` of onecount/redis',
      )
    return createOnecount({
      redis: redis()?.port ?? null,
      redisId: env.ONECOUNT_REDIS_ID,
      takeOver: env.ONECOUNT_TAKE_OVER === '1',
      partitions: Number(env.ONECOUNT_PARTITIONS || 1),
      indexes: { likers: env.ONECOUNT_LIKERS !== 'off' },
      postgres: config.postgres(env, { kind: kindOf(config) }),
      ack: parseAck(env.ONECOUNT_ACK),
      log: { warn: message => console.warn(`[onecount] ${message}`) },
    })
  }

  return { redis, engine: () => shared.once('engine', create) }
}

function kindOf({ config }: OnecountNextConfig): Kind {
  if (!config) return DEFAULT_KIND
  return config.kinds.like ?? Object.values(config.kinds)[0]!
}
