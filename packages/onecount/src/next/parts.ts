import type { Onecount } from '../core/onecount'
import type { Limiter } from '../http/limiter'
import { checkConfig, type Env, type OnecountNextConfig, type RedisSource } from './config'
import { createEngines } from './engine'
import { limiterFromEnv } from './limiter'
import { createShared, type Shared } from './shared'
import { createWarnings, type Warnings } from './warnings'

/** What the pieces of the Next.js side are made of. Nothing is opened or read until it is used. */
export interface Parts {
  config: OnecountNextConfig
  env: Env
  basePath: string
  drain: 'process' | 'after' | 'none'
  shared: Shared
  warnings: Warnings
  redis(): RedisSource | null
  engine(): Onecount
  /** One a process: pages and API make sessions. */
  limiter(): Limiter
}

/** @throws OnecountError `misconfigured` when the config contradicts itself */
export function createParts(config: OnecountNextConfig): Parts {
  checkConfig(config)
  const { env } = process
  const shared = createShared(config.name)
  const warnings = createWarnings(shared)
  const engines = createEngines(config, env, shared, warnings)
  return {
    config,
    env,
    basePath: config.basePath ?? '/api',
    drain: config.drain ?? (env.VERCEL ? 'after' : 'process'),
    shared,
    warnings,
    ...engines,
    limiter: () => shared.once('limiter', () => limiterFromEnv(env, engines.engine)),
  }
}
