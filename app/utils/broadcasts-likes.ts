import { isRedisConfigured } from './redis/client'

/**
 * Whether pages can rely on broadcasts: the server sends them by the secret key, after each batch that it drains from
 * Redis. Without Redis a count that is edited by hand is in no batch, and pages follow the rows.
 */
export function broadcastsLikes(): boolean {
  const { env } = process
  return isRedisConfigured && Boolean(env.SUPABASE_SECRET_KEY || env.SUPABASE_SERVICE_ROLE_KEY)
}
