import { onecountNext } from 'onecount/next'
import { redisFromEnv } from 'onecount/redis'
import { supabaseFromEnv } from 'onecount/supabase'

/** The likes of this application: routes, proxy, pages and instrumentation import them from here. */
export const onecount = onecountNext({
  redis: redisFromEnv,
  postgres: supabaseFromEnv,
  // There are no Server Actions.
  readOnlyPages: true,
})
