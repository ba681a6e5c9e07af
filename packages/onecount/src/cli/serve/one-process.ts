import { OnecountError } from '../../core/errors'
import { createHandler } from '../../http/handler'
import { limiterFromEnv } from '../../http/limiter-from-env'
import { parseProxyHops } from '../../http/proxy-hops'
import { chooseKinds, readConfig } from '../config'
import { loadMetrics } from '../drivers'
import { type MetricsPlace, type MetricsServer, serveMetrics } from '../metrics-server'
import { MissingSetting, storeSettings } from '../settings'
import { listen } from './http-server'
import type { ServeLog } from './log'
import type { ServeOptions } from './options'
import { personOfToken } from './person-of-token'
import { openStores } from './stores'

/** How long the last drain may take, milliseconds. */
const LAST_DRAIN_MS = 5000

export interface Served {
  url: string
  /** Where metrics are answered; null: nowhere. */
  metricsUrl: string | null
  /** Answers what has begun, drains what is left, and closes the stores. */
  stop(): Promise<void>
}

type Env = Record<string, string | undefined>

/**
 * Opens the stores and listens.
 * @param process which of several processes this is, from 0; left out: the only one
 * @throws MissingSetting, naming the setting
 */
export async function serveHere(
  options: ServeOptions,
  env: Env,
  log: ServeLog,
  process?: number,
): Promise<Served> {
  const { host, port, basePath, origins, anonymous, drains } = options
  const config = await readConfig(options.stores.config)
  const settings = storeSettings(options.stores)
  const warnings = new Set<string>()
  const session = options.token ? await personOfToken(options.token, env) : undefined
  const metrics = options.metrics ? (await loadMetrics()).createMetrics() : undefined
  const stores = await asSetting(() =>
    openStores(settings, chooseKinds(config, options.stores.kind), env, log, {
      broadcasts: options.broadcasts,
      metrics,
    }),
  )
  const { engines } = stores
  let counted: MetricsServer | undefined
  try {
    const proxyHops = await asSetting(() => parseProxyHops(env.ONECOUNT_PROXY_HOPS))
    const handler = await asSetting(() =>
      createHandler({
        service: engines,
        secret: anonymous ? (env.ONECOUNT_SECRET ?? '') : undefined,
        session,
        anonymous,
        limiter: limiterFromEnv(env, () => engines.kinds[engines.main]!),
        trustedOrigins: origins,
        drainSecret: env.ONECOUNT_DRAIN_SECRET || env.CRON_SECRET,
        proxyHops,
        basePath,
        warnings: () => [...warnings],
        log: log.warn,
      }),
    )
    const warn = (message: string) => {
      if (warnings.has(message)) return
      warnings.add(message)
      log.warn(message)
    }
    if (options.metrics && metrics)
      counted = await serveMetrics(placeOf(options.metrics, process), metrics, {
        exclusive: process !== undefined,
      })
    const server = await listen({ host, port, basePath, handler, proxyHops, warn })
    let isStopping = false
    const begun = stores.begin().then(() => {
      if (drains && !isStopping) engines.drainer.start()
    })
    return {
      url: server.url,
      metricsUrl: counted?.url ?? null,
      async stop() {
        isStopping = true
        await server.stop()
        await begun
        if (drains) await engines.drainer.stop({ budgetMs: LAST_DRAIN_MS })
        await counted?.close()
        await stores.close()
      },
    }
  } catch (error) {
    await counted?.close()
    await stores.close()
    throw error
  }
}

/** Each process of several has a port of its own: a scrape has to meet the same one every time. */
const placeOf = (place: MetricsPlace, process = 0): MetricsPlace => ({
  ...place,
  port: place.port === 0 ? 0 : place.port + process,
})

/** @throws MissingSetting in place of the error for visitors */
async function asSetting<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof OnecountError) || !error.options.detail) throw error
    throw new MissingSetting(error.options.detail)
  }
}
