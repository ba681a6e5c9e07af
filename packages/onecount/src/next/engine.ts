import { parseAck } from '../core/ack'
import { createEngines, type Engines } from '../core/engines'
import { OnecountError } from '../core/errors'
import { DEFAULT_KIND, type Kind, type Kinds } from '../core/kind'
import type { Onecount } from '../core/onecount'
import type { PostgresPort } from '../core/ports'
import type { Env, MetricsSource, OnecountNextConfig, RedisSource } from './config'
import type { Shared } from './shared'
import type { Warnings } from './warnings'

export interface Stores {
  /** Null when Redis is not configured. @throws OnecountError `misconfigured`, naming the setting */
  redis(): RedisSource | null
  /** One engine a kind and process, and their drain. @throws OnecountError `misconfigured`, naming the setting */
  engines(): Engines
  /** The engine of a kind, of the main one where none is named. @throws OnecountError `misconfigured` */
  engine(kind?: string): Onecount
  /** What counts, one a process; undefined where nothing is counted. */
  metrics(): MetricsSource | undefined
}

/** The engines on the stores of the environment. Opens no connection until it is used. */
export function createStores(
  config: OnecountNextConfig,
  env: Env,
  shared: Shared,
  warnings: Warnings,
): Stores {
  const metrics = () => config.metrics && shared.once('metrics', () => config.metrics!(env))
  const redis = () => shared.once('redis', () => config.redis?.(env, { lazyConnect: true }) ?? null)

  function create(): Engines {
    if (env.REDIS_URL && !config.redis)
      warnings.warn(
        'REDIS_URL is set and not used: give onecountNext `redis: redisFromEnv` of onecount/redis',
      )
    const { kinds, postgres } = driversOf(config, env)
    const port = redis()?.port ?? null
    const counted = metrics()
    const engines = createEngines(kinds, {
      redis: port && counted ? counted.redis(port) : port,
      redisId: env.ONECOUNT_REDIS_ID,
      takeOver: env.ONECOUNT_TAKE_OVER === '1',
      partitions: Number(env.ONECOUNT_PARTITIONS || 1),
      indexes: { likers: env.ONECOUNT_LIKERS !== 'off' },
      postgres: kind => counted?.postgres(postgres(kind)) ?? postgres(kind),
      broadcast: config.broadcast?.(env) ?? null,
      ack: parseAck(env.ONECOUNT_ACK),
      log: { warn: message => console.warn(`[onecount] ${message}`) },
    })
    return counted?.watch(engines) ?? engines
  }

  const engines = () => shared.once('engines', create)
  return {
    redis,
    engines,
    metrics,
    engine(kind) {
      const { kinds, main } = engines()
      const name = kind ?? main
      if (Object.hasOwn(kinds, name)) return kinds[name]!
      throw new OnecountError('misconfigured', {
        field: 'kind',
        detail: `there is no kind ${name}: the configuration has ${Object.keys(kinds).join(', ')}`,
      })
    },
  }
}

interface Drivers {
  kinds: Kinds
  postgres(kind: Kind): PostgresPort
}

/** Without a configuration there is one kind: that of the driver. */
function driversOf({ config, postgres }: OnecountNextConfig, env: Env): Drivers {
  if (config) return { kinds: config, postgres: kind => postgres(env, { kind }) }
  const port = postgres(env, { kind: DEFAULT_KIND })
  const { kind = DEFAULT_KIND } = port
  return { kinds: { kinds: { [kind.name]: kind } }, postgres: () => port }
}
