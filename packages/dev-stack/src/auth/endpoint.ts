import type { SigningKey } from './signing-key'
import type { Tokens } from './tokens'

type Answer = (request: Request) => Promise<Response>

/** What the client asks for to sign people up, in and out by e-mail and password, and to know who they are. */
const PATHS = /^\/auth\/v1\/(signup|token|user|logout|settings|health|\.well-known\/jwks\.json)$/
const KEYS = '/auth/v1/.well-known/jwks.json'

/** Whether it is an address of Auth that exists here. */
export const isAuthAddress = (pathname: string): boolean => PATHS.test(pathname)

/** `Authorization` of a person, with the token that Supabase Lite takes; anything else goes on as it is. */
export function inwardBearer(request: Request, tokens: Tokens): Request {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? []
  const inward = token.split('.').length === 3 ? tokens.inward(token) : undefined
  if (inward === undefined) return request
  const signedAgain = new Request(request)
  signedAgain.headers.set('authorization', `Bearer ${inward}`)
  return signedAgain
}

/**
 * Supabase Auth for `/auth/v1`: Supabase Lite keeps the people, and checks the API key and the request. What it signs is
 * signed again with `key`, which anybody may read here to verify it.
 */
export function createAuthEndpoint(lite: Answer, key: SigningKey, tokens: Tokens): Answer {
  return async request => {
    const { pathname } = new URL(request.url)
    if (pathname === KEYS && request.method === 'GET')
      return Response.json({ keys: [key.jwk] }, { headers: { 'cache-control': 'public, max-age=600' } })
    const response = await lite(inwardBearer(request, tokens))
    if (!response.ok || !response.headers.get('content-type')?.startsWith('application/json')) return response
    const body: unknown = await response.json()
    const { status, headers } = response
    const unsized = new Headers(headers)
    unsized.delete('content-length')
    return new Response(JSON.stringify(withOutwardToken(body, tokens)), { status, headers: unsized })
  }
}

function withOutwardToken(body: unknown, tokens: Tokens): unknown {
  const { access_token } = (body ?? {}) as { access_token?: unknown }
  return typeof access_token === 'string'
    ? { ...(body as object), access_token: tokens.outward(access_token) }
    : body
}
