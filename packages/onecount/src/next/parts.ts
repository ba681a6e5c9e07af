import type { Limiter } from '../http/limiter'
import { limiterFromEnv } from '../http/limiter-from-env'
import { checkConfig, type Env, type OnecountNextConfig } from './config'
import { createStores, type Stores } from './engine'
import { createShared, type Shared } from './shared'
import { createWarnings, type Warnings } from './warnings'

/** What the pieces of the Next.js side are made of. Nothing is opened or read until it is used. */
export interface Parts extends Stores {
  config: OnecountNextConfig
  env: Env
  basePath: string
  drain: 'process' | 'after' | 'none'
  shared: Shared
  warnings: Warnings
  /** One a process: pages and API make sessions. */
  limiter(): Limiter
}

/** @throws OnecountError `misconfigured` when the config contradicts itself */
export function createParts(config: OnecountNextConfig): Parts {
  checkConfig(config)
  const { env } = process
  const shared = createShared(config.name)
  const warnings = createWarnings(shared)
  const stores = createStores(config, env, shared, warnings)
  return {
    config,
    env,
    basePath: config.basePath ?? '/api',
    drain: config.drain ?? (env.VERCEL ? 'after' : 'process'),
    shared,
    warnings,
    ...stores,
    limiter: () => shared.once('limiter', () => limiterFromEnv(env, stores.engine)),
  }
}
