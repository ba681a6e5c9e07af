import { createMetrics } from 'onecount/metrics'
import { onecountNext } from 'onecount/next'
import { redisFromEnv } from 'onecount/redis'
import { broadcastFromEnv, supabaseFromEnv } from 'onecount/supabase'
import { upstashFromEnv } from 'onecount/upstash'
import { personOf } from '../sign-in/person'

/** The likes of this application: routes, proxy, pages and instrumentation import them from here. */
export const onecount = onecountNext({
  // Over REST where functions have no connection to keep, else over TCP.
  redis: (env, options) => upstashFromEnv(env) ?? redisFromEnv(env, options),
  postgres: supabaseFromEnv,
  // Other people's pages hear of likes as soon as they are drained.
  broadcast: broadcastFromEnv,
  metrics: () => createMetrics(),
  // Where Supabase Auth is configured, people who sign in like by their own id.
  session: async request => (await personOf(request))?.id,
  // There are no Server Actions.
  readOnlyPages: true,
})
