import { createClient } from '@supabase/supabase-js'
import type { SupabaseAccess } from 'onecount/react/supabase'
import WebSocket from 'ws'
import { AUTH_TIMEOUT_MS } from './access'

const KEYS = '/.well-known/jwks.json'

/** Of all bundles of this process: Next loads a module several times. */
const LAST_KEYS = Symbol.for('huella.signing-keys')
const shared = globalThis as { [LAST_KEYS]?: string }

let verifier: ReturnType<typeof create> | undefined

/** The one client of this process that verifies access tokens. It belongs to no person. */
export function tokenVerifier(access: SupabaseAccess) {
  verifier ??= create(access)
  return verifier
}

function create({ url, key }: SupabaseAccess) {
  return createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: { fetch: withLastKeys(fetch) },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  }).auth
}

/**
 * The client asks for the signing keys again every ten minutes. While Auth is away those that it had last are right: it
 * still verifies every access token.
 */
function withLastKeys(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const isKeys = String(input).endsWith(KEYS)
    const kept = isKeys ? shared[LAST_KEYS] : undefined
    try {
      const response = await send(input, { ...init, signal: AbortSignal.timeout(AUTH_TIMEOUT_MS) })
      if (isKeys && response.ok) shared[LAST_KEYS] = await response.clone().text()
      return response.status >= 500 && kept ? asKeys(kept) : response
    } catch (error) {
      if (!kept) throw error
      return asKeys(kept)
    }
  }
}

const asKeys = (text: string): Response =>
  new Response(text, { headers: { 'content-type': 'application/json' } })
