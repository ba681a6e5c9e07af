import { randomBytes } from 'node:crypto'
import { headers } from 'next/headers'
import { parseSecrets, readSession } from 'onecount/http'

const DEVELOPMENT_SECRET = Symbol.for('onecount.development-secret')

/** Next bundles proxy, pages and routes apart, and all have to sign alike: so it is kept on `globalThis`. */
const shared = globalThis as { [DEVELOPMENT_SECRET]?: string }

/**
 * What signs the session cookie: `ONECOUNT_SECRET`. In development without one, a random one of this process, so
 * that sessions last until it is restarted.
 * @throws OnecountError `misconfigured` when it is too short, or missing in production
 */
export function sessionSecret(): string {
  const secret = process.env.ONECOUNT_SECRET
  if (secret || process.env.NODE_ENV === 'production') {
    parseSecrets(secret)
    return secret!
  }
  if (!shared[DEVELOPMENT_SECRET]) {
    shared[DEVELOPMENT_SECRET] = randomBytes(32).toString('base64url')
    console.warn('[onecount] ONECOUNT_SECRET is not set: sessions last until this process ends')
  }
  return shared[DEVELOPMENT_SECRET]
}

/**
 * The session of this request, for server components; null when it has none (a crawler, or cookies refused). The
 * proxy has seen to it that a page has one from its very first render.
 * @throws OnecountError `misconfigured`
 */
export async function getSessionId(): Promise<string | null> {
  return readSession((await headers()).get('cookie'), sessionSecret())
}
