import { createHmac, sign, verify } from 'node:crypto'
import type { SigningKey } from './signing-key'

type Claims = Record<string, unknown>

/** Signs access tokens again on their way out and back in. */
export interface Tokens {
  /** The token that clients get, of one that Supabase Lite has made. */
  outward(token: string): string
  /** The token that Supabase Lite takes, of one that a client sends; undefined: none that was signed here. */
  inward(token: string): string | undefined
}

/**
 * Supabase Lite signs with a shared secret (HS256), and the server alone can verify that. A hosted project signs
 * with ES256, so that `getClaims` verifies without a request: clients here see such tokens alone.
 *
 * @param secret of Supabase Lite
 * @param issuer what hosted tokens name as `iss`: the address of Auth
 */
export function createTokens(key: SigningKey, secret: string, issuer: () => string): Tokens {
  const es256 = { dsaEncoding: 'ieee-p1363' } as const
  return {
    outward(token) {
      const claims = { iss: issuer(), ...claimsOf(token) }
      const signed = `${encode({ alg: 'ES256', kid: key.jwk.kid, typ: 'JWT' })}.${encode(claims)}`
      const signature = sign('sha256', Buffer.from(signed), { key: key.privateKey, ...es256 })
      return `${signed}.${signature.toString('base64url')}`
    },

    inward(token) {
      const [head = '', body = '', signature = ''] = token.split('.')
      const isOurs = verify(
        'sha256',
        Buffer.from(`${head}.${body}`),
        { key: key.publicKey, ...es256 },
        Buffer.from(signature, 'base64url'),
      )
      if (!isOurs) return undefined
      const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${body}`
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
    },
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const claimsOf = (token: string): Claims =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims
