import { createMetrics } from 'onecount/metrics'
import { onecountNext } from 'onecount/next'
import { redisFromEnv } from 'onecount/redis'
import { supabaseFromEnv } from 'onecount/supabase'
import { upstashFromEnv } from 'onecount/upstash'

/** The likes of this application: routes, proxy, pages and instrumentation import them from here. */
export const onecount = onecountNext({
  // Over REST where functions have no connection to keep, else over TCP.
  redis: (env, options) => upstashFromEnv(env) ?? redisFromEnv(env, options),
  postgres: supabaseFromEnv,
  metrics: () => createMetrics(),
  // There are no Server Actions.
  readOnlyPages: true,
})
