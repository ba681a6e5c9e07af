import { randomBytes } from 'node:crypto'
import { parseSecrets } from '../http/session'
import type { Env } from './config'
import type { Shared } from './shared'

/**
 * What signs the session cookie: `ONECOUNT_SECRET`. In development without one, a random one of this process, so
 * that sessions last until it is restarted; proxy, pages and routes all have to sign alike.
 * @throws OnecountError `misconfigured` when it is too short, or missing in production
 */
export function sessionSecret(env: Env, shared: Shared): string {
  const secret = env.ONECOUNT_SECRET
  if (secret || env.NODE_ENV === 'production') {
    parseSecrets(secret)
    return secret!
  }
  return shared.once('development-secret', () => {
    console.warn('[onecount] ONECOUNT_SECRET is not set: sessions last until this process ends')
    return randomBytes(32).toString('base64url')
  })
}
