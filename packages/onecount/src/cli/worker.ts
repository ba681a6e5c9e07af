import type { Engines } from '../core/engines'
import { BROADCAST_HELP, BROADCAST_OPTION, openBroadcast } from './broadcast'
import { readKinds } from './config'
import { connectKinds } from './connect'
import { loadMetrics } from './drivers'
import type { Command } from './main'
import {
  METRICS_OPTIONS,
  METRICS_OPTIONS_HELP,
  type MetricsServer,
  readMetricsPlace,
  serveMetrics,
} from './metrics-server'
import { parseOptions } from './parse-options'
import { mergedEnv, STORE_OPTIONS, STORE_OPTIONS_HELP, storeSettings, UsageError } from './settings'

const HELP = `Drains likes from Redis to Postgres in a process of its own. Any number may run, beside those of the application.

  npx onecount worker [options]

  --every MS       look for work this often (1000)
  --once           drain until nothing is left, then end
${BROADCAST_HELP}
${METRICS_OPTIONS_HELP}
${STORE_OPTIONS_HELP}
  --help

Reads REDIS_URL (several addresses, separated by commas, are nodes of a Redis Cluster), and DATABASE_URL or SUPABASE_URL
with SUPABASE_SECRET_KEY, from the environment, .env.local or .env. Without --kind it drains every kind of the
configuration.
SIGTERM or Ctrl-C: drains what is left, for at most 5 seconds. It says nothing while all is well, but where metrics are.

Exit code: 0 done, 2 it could not be done.`

/** A store that keeps a batch waiting for this long has failed: the next attempt finds out what became of it. */
const PATIENCE_MS = 5000
const EVERY_MS = 1000

export const worker: Command = {
  summary: 'drain likes from Redis to Postgres',
  async run(args) {
    const { values } = parseOptions({
      args,
      options: {
        every: { type: 'string' },
        once: { type: 'boolean' },
        ...BROADCAST_OPTION,
        ...METRICS_OPTIONS,
        ...STORE_OPTIONS,
        help: { type: 'boolean' },
      },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    const idleMs = values.every === undefined ? EVERY_MS : Number(values.every)
    if (!Number.isInteger(idleMs) || idleMs < 10 || idleMs > 60_000)
      throw new UsageError(`--every ${values.every} is no pause: use milliseconds from 10 to 60000`)
    const env = mergedEnv()
    const place = readMetricsPlace(values, env)
    if (place && values.once)
      throw new UsageError('--metrics with --once: it ends before they are read; leave one of them out')
    const kinds = await readKinds(values)
    const settings = storeSettings(values)
    const metrics = place ? (await loadMetrics()).createMetrics() : undefined
    const options = {
      broadcast: await openBroadcast(values.broadcast, settings),
      log: { warn: (line: string) => console.error(`[onecount] ${line}`) },
      patienceMs: PATIENCE_MS,
      drain: { idleMs },
      isPatient: true,
      takeOver: env.ONECOUNT_TAKE_OVER === '1',
      metrics,
    }
    const { engines, close } = await connectKinds(settings, kinds, options)
    let server: MetricsServer | undefined
    try {
      if (values.once) return await drainAll(engines)
      if (place && metrics) server = await serveMetrics(place, metrics)
      if (server) console.log(`[onecount] metrics at ${server.url}`)
      await drainUntilAsked(engines.drainer)
      return 0
    } finally {
      await server?.close()
      await close()
    }
  },
}

/** Drains every kind until nothing is left, and names one that failed. Answers the exit code. */
async function drainAll(engines: Engines): Promise<number> {
  const { kinds } = await engines.drainer.flush({ budgetMs: Number.POSITIVE_INFINITY })
  const results = Object.entries(kinds)
  let code = 0
  for (const [name, result] of results) {
    if (!('error' in result)) continue
    const { error } = result
    const message = error instanceof Error ? error.message : String(error)
    console.error(results.length > 1 ? `${name}: ${message}` : message)
    code = 2
  }
  return code
}

async function drainUntilAsked(drainer: Engines['drainer']): Promise<void> {
  drainer.start()
  // The loop's own timers do not keep a process alive.
  const alive = setInterval(() => {}, 60_000)
  await new Promise<void>(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
  clearInterval(alive)
  await drainer.stop()
}
